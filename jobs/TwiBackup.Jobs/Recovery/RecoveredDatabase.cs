using TwiBackup.Postgres;

namespace TwiBackup.Recovery;

/// <summary>A database that is restored and promoted, and not open yet.</summary>
public sealed record RecoveredDatabase
{
    public required string DataDirectory { get; init; }

    public required PostgresInstallation Installation { get; init; }

    public required ServerAccount Account { get; init; }

    /// <summary>The full it came from.</summary>
    public required string SetId { get; init; }

    /// <summary>The cluster's system identifier.</summary>
    public required string SystemIdentifier { get; init; }

    /// <summary>Its new timeline.</summary>
    public required uint Timeline { get; init; }

    /// <summary>The end of replay.</summary>
    public required Lsn ReachedLsn { get; init; }

    /// <summary>The time of the last commit replayed; null: none was.</summary>
    public required DateTimeOffset? LastCommit { get; init; }

    /// <summary>WAL that was replayed, in bytes.</summary>
    public required long ReplayedBytes { get; init; }
}
