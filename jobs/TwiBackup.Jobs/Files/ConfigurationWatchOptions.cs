namespace TwiBackup.Files;

/// <summary>How configuration is watched.</summary>
public sealed record ConfigurationWatchOptions
{
    /// <summary>So long nothing may have happened before a backup is taken: an editor or a deploy writes many files.</summary>
    public TimeSpan Quiet { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>After so long a backup is taken though it never became quiet.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Everything is looked at again after this time even when nothing was heard: file systems over a network tell nothing.
    /// </summary>
    public TimeSpan Rescan { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long is waited after a failure, doubled up to <see cref="Rescan"/>.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(5);
}
