namespace TwiBackup.Tests.Attacks.Soak;

/// <summary>What happens to the system at a time of its life.</summary>
internal enum SoakEvent
{
    /// <summary>SIGKILL to the WAL receiver, which is started again.</summary>
    KillReceiver,

    /// <summary>SIGKILL to PostgreSQL, which is started again.</summary>
    KillServer,

    /// <summary>SIGKILL to both in one instant.</summary>
    KillBoth,

    /// <summary>SIGKILL to a job that runs.</summary>
    KillJob,

    /// <summary>The server cuts every replication connection.</summary>
    CutConnections,

    /// <summary>The store is gone for a while.</summary>
    LoseStore,

    /// <summary>A fifth of all requests to the store fail for a while (S3).</summary>
    Storm,

    /// <summary>A segment is ended and a checkpoint taken: WAL is recycled.</summary>
    Checkpoint,

    /// <summary>Everything is lost but the store; the system is recovered from it and lives on there.</summary>
    Disaster,
}
