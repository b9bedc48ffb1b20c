namespace TwiBackup.Catalog;

/// <summary>What a restore must know of the server that a set came from.</summary>
public sealed record SourceFacts
{
    /// <summary>server_version_num, e.g. 150018.</summary>
    public required int ServerVersion { get; init; }

    /// <summary>The cluster's system identifier (pg_control_system), as text because JSON numbers lose digits.</summary>
    public required string SystemIdentifier { get; init; }

    /// <summary>Timeline of <see cref="StopLsn"/>; 0 for a dump.</summary>
    public uint Timeline { get; init; }

    /// <summary>Where replay begins, <c>X/Y</c>.</summary>
    public string? StartLsn { get; init; }

    /// <summary>Where the set is consistent, <c>X/Y</c>.</summary>
    public string? StopLsn { get; init; }

    /// <summary>The server's clock when the backup had ended.</summary>
    public required DateTimeOffset StopTime { get; init; }

    /// <summary>
    /// The next transaction (64 bits, pg_snapshot_xmax) when the backup had ended: every one before it that was committed then is inside.
    /// </summary>
    public ulong NextXid { get; init; }

    /// <summary>A superuser's name: the private server of a restore is asked as this role.</summary>
    public required string Superuser { get; init; }

    /// <summary>wal_segment_size in bytes.</summary>
    public required int WalSegmentSize { get; init; }

    /// <summary>Whether pages carry checksums.</summary>
    public required bool DataChecksums { get; init; }

    /// <summary>Machine architecture and operating system as version() tells them.</summary>
    public required string Platform { get; init; }

    /// <summary>Collation providers' versions, e.g. <c>libc 2.36</c>: an index on text sorted by another is corrupt.</summary>
    public required IReadOnlyDictionary<string, string> Collations { get; init; }

    /// <summary>Installed extensions of all databases and their versions.</summary>
    public required IReadOnlyDictionary<string, string> Extensions { get; init; }

    /// <summary>Settings that differ from the built-in default and that a restored server needs (no paths, no secrets).</summary>
    public required IReadOnlyDictionary<string, string> Settings { get; init; }

    /// <summary>Databases and their sizes in bytes.</summary>
    public required IReadOnlyDictionary<string, long> Databases { get; init; }
}
