namespace TwiBackup.Stores;

/// <summary>One version of an object. A delete marker hides the versions before it and has no content.</summary>
public sealed record ObjectVersion(string Key, string Version, long Length, DateTimeOffset Modified, bool IsCurrent, bool IsDeleteMarker);
