namespace TwiBackup.Catalog;

/// <summary>One object of a set.</summary>
/// <param name="Name">Relative to the set's prefix.</param>
/// <param name="Length">Stored bytes.</param>
/// <param name="Sha256">SHA-256 of the stored bytes, lower-case hexadecimal.</param>
/// <param name="PlainLength">Bytes after opening.</param>
public sealed record ManifestObject(string Name, long Length, string Sha256, long PlainLength);
