using TwiBackup.Postgres;

namespace TwiBackup.Wal;

/// <summary>A part of a timeline path: WAL of <paramref name="Timeline"/> in <c>[Begin, End)</c>.</summary>
public readonly record struct TimelineSpan(uint Timeline, Lsn Begin, Lsn End);
