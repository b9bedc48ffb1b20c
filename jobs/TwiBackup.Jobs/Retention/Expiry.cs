namespace TwiBackup.Retention;

/// <summary>How one object goes.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Length">Stored bytes.</param>
/// <param name="IsManifest">A manifest or its signature: goes first and at once, so that nobody starts to read a set that is going.</param>
public sealed record Expiry(string Key, long Length, bool IsManifest);
