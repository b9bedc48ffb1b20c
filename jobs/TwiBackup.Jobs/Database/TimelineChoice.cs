using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Wal;

namespace TwiBackup.Database;

/// <summary>
/// Which timeline a restore follows. The highest number is the newest, but a restore claims its number before it opens: one that was killed
/// then, or was made beside a system that lives on, leaves a number on which nothing was ever stored, and behind which the system's newest
/// state is not.
/// </summary>
internal sealed class TimelineChoice(SetCatalog catalog, WalChain chain, IReadOnlyList<BackupSet> fulls)
{
    /// <summary>A receiver that was cut off with its host may still have had something under way.</summary>
    private static readonly TimeSpan LivesOn = TimeSpan.FromMinutes(5);

    /// <summary>WAL cut in the middle of a record by a disaster goes on for less than this behind the last whole record.</summary>
    private const ulong LargestTornRecord = 1 << 20;

    private const ulong PageSize = 8192;

    /// <summary>The path, and what a person should know of how it was chosen; null: nothing.</summary>
    /// <exception cref="TwiBackupException">The timeline is not there, or a person must say which is meant.</exception>
    public async Task<(TimelineHistory Path, string? Said)> ChooseAsync(RecoveryTarget target, CancellationToken cancellationToken)
    {
        var newest = Math.Max(chain.NewestTimeline, fulls.Max(s => s.Timeline));
        if (target.Timeline is { } chosen)
        {
            if (chain.Of(chosen) is null && fulls.All(s => s.Timeline != chosen))
                throw new TwiBackupException(ExitCode.WrongUse, $"There is no timeline {chosen}; the newest is {newest}. See: twibackup wal show");
            return (chain.PathTo(chosen), null);
        }

        if (newest > 1 && chain.Of(newest) is { HasHistory: false } && fulls.All(s => s.Timeline != newest))
            throw new TwiBackupException($"{newest:X8}.history is missing from {catalog.Store.Location}/{chain.Layout.Root} though WAL of timeline {newest} is there: where it branched off is not known. Bring the file back (a receiver that starts puts it there; the replica may have it), or restore without that timeline: --timeline {fulls.Max(s => s.Timeline)}.");
        var path = chain.PathTo(newest);
        var written = chain.Timelines.Where(t => t.Ranges.Count > 0).Select(t => t.Timeline).Concat(fulls.Select(s => s.Timeline)).Max();
        if (written == newest || !await IsLeftEarlyAsync(path, written, cancellationToken))
            return (path, null);

        if (chain.Of(newest)!.HistoryStored is { } claimed && chain.Of(written)?.NewestTime > claimed + LivesOn)
            return (chain.PathTo(written), $"Timeline {newest} was claimed at {claimed:u} by a restore and holds nothing; timeline {written} was written after that and is followed.");
        if (target.IsLatest || target.Immediate)
            throw new TwiBackupException(ExitCode.WrongUse, $"Timeline {newest} was claimed by a restore to {path.Switch} and holds nothing, and timeline {written} goes on elsewhere. Say which is meant: --timeline {written} for what was stored last, --timeline {newest} for what that restore brought back.");
        return (path, null);
    }

    /// <summary>Whether a timeline that was written holds something that is not on the path.</summary>
    private async Task<bool> IsLeftEarlyAsync(TimelineHistory path, uint written, CancellationToken cancellationToken)
    {
        var spans = path.Path.Where(s => s.Timeline == written).ToList();
        if (spans is not [var span] || fulls.Any(s => s.Timeline == written && s.StopLsn > span.End))
            return true;
        if (chain.Of(written) is not { Ranges: [.., var last] } || last.End <= span.End)
            return false;
        // A server flushes to the end of a record or, ahead of it, of a page.
        var mark = await new WalMarks(catalog.Store, catalog.Keys, chain.Layout).NewestAsync(written, cancellationToken);
        return last.End - span.End > LargestTornRecord || (mark is not null && mark.Lsn > span.End && mark.Lsn.Value % PageSize != 0);
    }
}
