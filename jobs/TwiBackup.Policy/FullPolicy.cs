namespace TwiBackup.Policy;

/// <summary>Physical base backups.</summary>
public sealed record FullPolicy
{
    public required Schedule Schedule { get; init; }

    public required TimeSpan Keep { get; init; }

    /// <summary>zstd level, 1 to 19.</summary>
    public int Level { get; init; } = 3;

    /// <summary>Threads that compress, 1 to 64.</summary>
    public int Workers { get; init; } = 2;
}
