namespace TwiBackup.Postgres.Replication;

/// <summary>The answer of IDENTIFY_SYSTEM.</summary>
public sealed record SystemIdentity(ulong SystemIdentifier, uint Timeline, Lsn FlushLsn);
