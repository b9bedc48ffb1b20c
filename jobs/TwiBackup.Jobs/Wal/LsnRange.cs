using TwiBackup.Postgres;

namespace TwiBackup.Wal;

/// <summary>WAL bytes <c>[Start, End)</c>.</summary>
public readonly record struct LsnRange(Lsn Start, Lsn End);
