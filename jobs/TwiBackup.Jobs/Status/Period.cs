namespace TwiBackup.Status;

/// <summary>From an instant to another.</summary>
public readonly record struct Period(DateTimeOffset From, DateTimeOffset To);
