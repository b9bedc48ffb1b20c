namespace TwiBackup.Postgres;

/// <summary>How a server is asked to end (<see href="https://www.postgresql.org/docs/current/server-shutdown.html">19.5</see>).</summary>
public enum StopMode
{
    /// <summary>SIGTERM: waits until the clients have gone.</summary>
    Smart,

    /// <summary>SIGINT: ends the clients, writes a checkpoint, waits until walsenders have sent everything.</summary>
    Fast,

    /// <summary>SIGQUIT: at once; the next start recovers.</summary>
    Immediate,
}
