namespace TwiBackup.Database;

/// <summary>How a full backup is taken.</summary>
public sealed record FullBackupOptions
{
    /// <summary>How long the set is promised to be kept.</summary>
    public required TimeSpan Keep { get; init; }

    /// <summary>zstd level, 1 to 19.</summary>
    public int Level { get; init; } = 3;

    /// <summary>Threads that compress, from 1.</summary>
    public int Workers { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 8);

    /// <summary>A volume ends at the first file border behind this many bytes.</summary>
    public long VolumeSize { get; init; } = 256 << 20;

    /// <summary>Checkpoint at once (more I/O for a moment) instead of spread over time.</summary>
    public bool FastCheckpoint { get; init; } = true;

    /// <summary>
    /// The temporary slot that holds the WAL while the backup runs. Its fixed name makes it the lock, too: the server lets one backup
    /// have it, and frees it when that one's connection ends, however it ends.
    /// </summary>
    public string SlotName { get; init; } = "twibackup_base";

    /// <summary>How long to wait, after the server has ended the backup, for the last WAL of it.</summary>
    public TimeSpan WalTimeout { get; init; } = TimeSpan.FromMinutes(5);
}
