namespace TwiBackup.Files;

/// <summary>How logs are archived.</summary>
public sealed record LogBackupOptions
{
    /// <summary>Absolute paths and patterns (<c>*</c>, <c>?</c>, <c>**</c>); a folder stands for all files in it.</summary>
    public required IReadOnlyList<string> Paths { get; init; }

    /// <summary>How long a set is promised to be kept.</summary>
    public required TimeSpan Keep { get; init; }

    /// <summary>Also files that are still written: as they are now.</summary>
    public bool All { get; init; }

    /// <summary>A file written to within this time is taken for one that is still written.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromSeconds(60);
}
