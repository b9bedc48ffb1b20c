namespace TwiBackup.Catalog;

/// <summary>Git LFS in a repository set.</summary>
/// <param name="Pointers">Different LFS objects that the history points at.</param>
/// <param name="Stored">How many of them are in the set.</param>
/// <param name="Missing">Hashes of those that could not be had; git alone can't bring them back.</param>
public sealed record LfsFacts(int Pointers, int Stored, IReadOnlyList<string> Missing);
