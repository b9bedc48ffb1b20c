namespace TwiBackup.Postgres.Replication;

/// <summary>The answer of READ_REPLICATION_SLOT.</summary>
/// <param name="RestartLsn">From where the server keeps WAL; null when it keeps none.</param>
/// <param name="RestartTimeline">The timeline of <paramref name="RestartLsn"/>.</param>
public sealed record ReplicationSlot(Lsn? RestartLsn, uint? RestartTimeline);
