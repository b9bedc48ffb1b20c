namespace TwiBackup.Catalog;

/// <summary>What a manifest says of a log set.</summary>
public sealed record LogFacts
{
    /// <summary>The signing key that the hashes were made with, as its public key.</summary>
    public required string HashKey { get; init; }

    /// <summary>The files inside; their hashes tell what is archived already, whatever rotation calls it by now.</summary>
    public required IReadOnlyList<ArchivedFile> Files { get; init; }
}
