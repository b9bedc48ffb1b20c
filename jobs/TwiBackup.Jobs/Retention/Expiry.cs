namespace TwiBackup.Retention;

/// <summary>How one object goes.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Version">The version, where it is not the current one; else null.</param>
/// <param name="Length">Stored bytes.</param>
/// <param name="IsManifest">A manifest or its signature: goes first and at once, so that nobody starts to read a set that is going.</param>
public sealed record Expiry(string Key, string? Version, long Length, bool IsManifest);
