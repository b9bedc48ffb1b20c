namespace TwiBackup.Catalog;

/// <summary>A set that has a manifest which is not to be believed, and why.</summary>
public sealed record RefusedSet(SetKind Kind, string Id, string Reason);
