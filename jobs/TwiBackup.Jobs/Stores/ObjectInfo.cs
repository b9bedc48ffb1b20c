namespace TwiBackup.Stores;

/// <summary>A stored object: its key in the store, length in bytes, and the store's time of its writing.</summary>
public sealed record ObjectInfo(string Key, long Length, DateTimeOffset Modified);
