using TwiBackup.Postgres;

namespace TwiBackup.Wal;

/// <summary>What recovery is after; decides what "no later segment" means.</summary>
/// <param name="Timeline">recovery_target_timeline as a number; null: the newest in the store, as PostgreSQL's <c>latest</c>.</param>
/// <param name="Until">
/// WAL from here on is treated as if it were not there. For a restore that has been told that WAL ends at a hole; null: a hole aborts.
/// </param>
/// <param name="Needed">
/// WAL from here on is not needed: where it can't be believed it is left away and ends there. For a restore to an LSN; null: all of it is.
/// </param>
/// <param name="SegmentSize">wal_segment_size where a signed manifest tells it; 0: the store's cluster facts do.</param>
public sealed record WalFetchOptions(uint? Timeline = null, Lsn? Until = null, Lsn? Needed = null, int SegmentSize = 0);
