namespace TwiBackup.Catalog;

/// <summary>The content of one table, whatever the order of its rows.</summary>
/// <param name="Table">Schema and name, quoted where needed.</param>
/// <param name="Rows">Exact count.</param>
/// <param name="Digest">The sum of 64-bit hashes of the rows' texts, in decimal; 0 for no rows.</param>
public sealed record TableDigest(string Table, long Rows, string Digest);
