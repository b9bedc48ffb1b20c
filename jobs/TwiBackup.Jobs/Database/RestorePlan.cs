using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Wal;

namespace TwiBackup.Database;

/// <summary>What a restore will do, decided before anything is written.</summary>
/// <param name="Set">The full from which it starts.</param>
/// <param name="Layout">Where its WAL lies.</param>
/// <param name="Path">The timeline that is followed, and its ancestors.</param>
/// <param name="Reach">The end of WAL without a hole: replay can't go further.</param>
/// <param name="NewestMark">The newest instant for which the store is known to be complete on this path; null when no mark is there.</param>
/// <param name="Target">Where recovery stops.</param>
/// <param name="Skipped">Newer sets that are not used, and why; one line each.</param>
/// <param name="IsNewerRefused">Whether a newer set is there that is not to be believed: what it held is lost, and somebody may have meant that.</param>
public sealed record RestorePlan(
    BackupSet Set, WalLayout Layout, TimelineHistory Path, Lsn Reach, WalMark? NewestMark, RecoveryTarget Target, IReadOnlyList<string> Skipped, bool IsNewerRefused)
{
    /// <summary>The newest instant that this plan can recover to, as far as signed times tell.</summary>
    public DateTimeOffset NewestTime =>
        NewestMark is { } mark && mark.Time > Set.Manifest.Database!.StopTime ? mark.Time : Set.Manifest.Database!.StopTime;

    /// <summary>WAL that will be replayed at most, in bytes.</summary>
    public long ReplayBytes => Reach > Set.StartLsn ? (long)(Reach - Set.StartLsn) : 0;
}
