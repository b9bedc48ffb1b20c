namespace TwiBackup.Status;

/// <summary>What is missing between two instants, and why, in one line.</summary>
public sealed record TimelineGap(DateTimeOffset From, DateTimeOffset To, string Reason);
