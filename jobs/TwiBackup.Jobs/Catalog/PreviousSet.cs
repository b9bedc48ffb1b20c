namespace TwiBackup.Catalog;

/// <summary>The set before, by id and by SHA-256 (lower-case hexadecimal) of its manifest's bytes.</summary>
public sealed record PreviousSet(string Id, string Sha256);
