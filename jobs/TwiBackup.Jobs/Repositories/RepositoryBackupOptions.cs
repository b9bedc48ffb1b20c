namespace TwiBackup.Repositories;

/// <summary>How a repository is backed up.</summary>
public sealed record RepositoryBackupOptions
{
    /// <summary>What git can clone: a URL without a credential, or an absolute folder.</summary>
    public required string Source { get; init; }

    /// <summary>How long a set is promised to be kept.</summary>
    public required TimeSpan Keep { get; init; }

    /// <summary>A folder with room for a mirror; a private one is made in it, and removed.</summary>
    public string ScratchFolder { get; init; } = Path.GetTempPath();
}
