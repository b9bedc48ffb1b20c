namespace TwiBackup.Catalog;

/// <summary>What a manifest says of a configuration set.</summary>
public sealed record ConfigurationFacts
{
    /// <summary>Why it was taken: <c>manual</c>, <c>schedule</c>, <c>deploy</c>, <c>change</c>.</summary>
    public required string Reason { get; init; }

    /// <summary>Keyed hash of names, modes, owners, links and contents of the whole tree; times do not count.</summary>
    public required string TreeHash { get; init; }

    /// <summary>The signing key that the hashes were made with, as its public key: hashes of another one can't be compared.</summary>
    public required string HashKey { get; init; }

    /// <summary>Everything inside.</summary>
    public required IReadOnlyList<ArchivedFile> Files { get; init; }

    /// <summary>Paths and globs of the policy that named nothing and were not required.</summary>
    public required IReadOnlyList<string> Missing { get; init; }
}
