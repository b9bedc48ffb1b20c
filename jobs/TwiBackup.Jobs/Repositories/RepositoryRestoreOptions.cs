namespace TwiBackup.Repositories;

/// <summary>What is restored, and where to.</summary>
public sealed record RepositoryRestoreOptions
{
    /// <summary>Absolute; new or empty, unless <see cref="Replace"/>.</summary>
    public required string Folder { get; init; }

    /// <summary>A certain set; null: the newest.</summary>
    public string? SetId { get; init; }

    /// <summary>The newest set completed up to this instant; null: the newest of all.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>Whether a folder that holds something may be replaced; it is kept aside, once the new one is proven.</summary>
    public bool Replace { get; init; }

    /// <summary>Without files to work with, as on a server.</summary>
    public bool Bare { get; init; }

    /// <summary>
    /// Who gets the folder, <c>NAME</c>, <c>NAME:GROUP</c> or numbers; null: who has the folder that is replaced, else ourselves.
    /// </summary>
    public string? Owner { get; init; }
}
