namespace TwiBackup.Postgres.Replication;

/// <summary>A timeline history file as the server holds it, e.g. <c>00000002.history</c>.</summary>
public sealed record TimelineHistoryFile(string Name, byte[] Content);
