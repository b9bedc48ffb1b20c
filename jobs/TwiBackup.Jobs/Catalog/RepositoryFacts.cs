namespace TwiBackup.Catalog;

/// <summary>What a manifest says of a repository set.</summary>
public sealed record RepositoryFacts
{
    /// <summary>Where it was cloned from; never with a credential.</summary>
    public required string Source { get; init; }

    /// <summary><c>sha1</c> or <c>sha256</c>.</summary>
    public required string ObjectFormat { get; init; }

    /// <summary>The branch that HEAD names, e.g. <c>refs/heads/staging</c>; null when HEAD is detached.</summary>
    public string? DefaultBranch { get; init; }

    /// <summary>The commit of HEAD; null when its branch has none.</summary>
    public string? Head { get; init; }

    /// <summary>Every ref and the object it names.</summary>
    public required IReadOnlyDictionary<string, string> Refs { get; init; }

    /// <summary>Objects that can be reached from the refs and HEAD.</summary>
    public required long ObjectCount { get; init; }

    /// <summary>Null: the repository uses no Git LFS.</summary>
    public LfsFacts? Lfs { get; init; }
}
