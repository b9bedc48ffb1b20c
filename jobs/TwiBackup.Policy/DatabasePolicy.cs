namespace TwiBackup.Policy;

/// <summary>The database that is protected, and as whom it is reached.</summary>
public sealed record DatabasePolicy
{
    /// <summary>The slot's name when the policy names none.</summary>
    public const string DefaultSlot = "twibackup";

    public DatabaseMode Mode { get; init; }

    /// <summary>A libpq URI or keywords without a password, or a reference to one.</summary>
    public required ConnectionText Connection { get; init; }

    /// <summary>Null: the connection's reference, the passfile, or no password.</summary>
    public SecretReference? Password { get; init; }

    /// <summary>The physical replication slot that keeps WAL until it is durable: 1 to 63 of <c>a-z 0-9 _</c>.</summary>
    public string Slot { get; init; } = DefaultSlot;

    /// <summary>What is dumped; empty: the connection's own database.</summary>
    public IReadOnlyList<string> Databases { get; init; } = [];

    /// <summary>Null: nobody writes a heartbeat, and verification has only the set's own stop time to compare with.</summary>
    public HeartbeatPolicy? Heartbeat { get; init; }
}
