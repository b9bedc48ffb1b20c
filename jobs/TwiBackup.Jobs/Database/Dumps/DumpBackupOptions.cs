namespace TwiBackup.Database.Dumps;

/// <summary>How a dump is taken.</summary>
public sealed record DumpBackupOptions
{
    /// <summary>How long the set is promised to be kept.</summary>
    public required TimeSpan Keep { get; init; }

    /// <summary>What is dumped; empty: the connection's own database.</summary>
    public IReadOnlyList<string> Databases { get; init; } = [];

    /// <summary>The longest wait for a table that somebody has locked against reading.</summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>zstd level, 1 to 19.</summary>
    public int Level { get; init; } = 3;

    /// <summary>Threads that compress, from 1.</summary>
    public int Workers { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 8);
}
