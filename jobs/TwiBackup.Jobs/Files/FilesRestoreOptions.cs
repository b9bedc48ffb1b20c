namespace TwiBackup.Files;

/// <summary>What is restored, and where to.</summary>
public sealed record FilesRestoreOptions
{
    /// <summary>A certain set; null: the newest.</summary>
    public string? SetId { get; init; }

    /// <summary>The newest set completed up to this instant; null: the newest of all.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>Absolute; <c>/</c> is the place where everything came from.</summary>
    public string Root { get; init; } = "/";

    /// <summary>Whether what differs may be replaced (it is kept aside); if not, its presence is an error and nothing is touched.</summary>
    public bool Replace { get; init; }
}
