using System.Globalization;
using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Stores;
using TwiBackup.Wal;

namespace TwiBackup.Status;

/// <summary>How far the WAL of a store leads from the newest full, by listing alone.</summary>
/// <param name="Point">Null: there is no full.</param>
/// <param name="Problem">What is in the way of newer points, one line; null: nothing.</param>
/// <param name="FullNeeded">Why a full is needed before its time; null: it is not.</param>
/// <param name="Points">Restore points of the full's cluster that lie in the past, oldest first: name and the time in it.</param>
/// <param name="Chain">The WAL of the full's cluster; null: there is no full.</param>
internal sealed record WalReach(
    RecoverablePoint? Point, string? Problem, string? FullNeeded, IReadOnlyList<(string Name, DateTimeOffset At)> Points, WalChain? Chain)
{
    private const string PointPrefix = "twibackup-";

    /// <summary>Looks.</summary>
    /// <param name="fulls">The store's good fulls, oldest first.</param>
    /// <param name="flush">How long WAL may wait until it is stored: what was stored at T is complete up to T less this.</param>
    public static async Task<WalReach> ReadAsync(
        IObjectStore store, string system, CatalogListing fulls, TimeSpan flush, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (fulls.Newest(now) is not { } full)
            return new WalReach(null, null, $"{store.Location} holds no full of {system}", [], null);
        var clusters = await ClustersAsync(store, system, cancellationToken);
        var own = LayoutOf(system, full);
        var strange = clusters.Find(c => !fulls.Sets.Any(f => LayoutOf(system, f) == c));
        var fullNeeded = strange is null ? null : $"cluster {strange.Cluster} sends WAL and has no full";
        var chain = await WalChain.LoadAsync(store, own, cancellationToken);
        return await new Reader(store, full, chain, flush, now).ReadAsync(fullNeeded, cancellationToken);
    }

    /// <summary>The WAL of every cluster that has a full.</summary>
    /// <param name="known">Its chain is not loaded once more.</param>
    public static async Task<IReadOnlyList<WalChain>> ChainsAsync(
        IObjectStore store, string system, CatalogListing fulls, WalReach? known, CancellationToken cancellationToken)
    {
        var chains = new List<WalChain>();
        foreach (var layout in fulls.Sets.Select(f => LayoutOf(system, f)).Distinct())
            chains.Add(known?.Chain?.Layout == layout ? known.Chain : await WalChain.LoadAsync(store, layout, cancellationToken));
        return chains;
    }

    private static async Task<List<WalLayout>> ClustersAsync(IObjectStore store, string system, CancellationToken cancellationToken)
    {
        var clusters = new List<WalLayout>();
        await foreach (var folder in store.ListFoldersAsync(WalLayout.ClustersOf(system), cancellationToken))
        {
            if (WalLayout.TryParseCluster(system, folder.TrimEnd('/').Split('/')[^1], out var layout))
                clusters.Add(layout!);
        }

        return clusters;
    }

    private static WalLayout LayoutOf(string system, BackupSet full) => new(
        system, full.Manifest.Database!.ServerVersion / 10000, ulong.Parse(full.Manifest.Database.SystemIdentifier, CultureInfo.InvariantCulture));

    private sealed class Reader(IObjectStore store, BackupSet full, WalChain chain, TimeSpan flush, DateTimeOffset now)
    {
        public async Task<WalReach> ReadAsync(string? fullNeeded, CancellationToken cancellationToken)
        {
            var (end, timeline, time, problem, needed) = Follow();
            var point = new RecoverablePoint(
                time, end.ToString(), timeline, chain.Layout.Cluster, full.Id, full.Timeline, await WalBytesAsync(timeline, cancellationToken));
            return new WalReach(point, problem, fullNeeded ?? needed, PastPoints(), chain);
        }

        private (Lsn End, uint Timeline, DateTimeOffset Time, string? Problem, string? FullNeeded) Follow()
        {
            var stop = full.Manifest.Database!.StopTime;
            var own = chain.Of(full.Timeline);
            var end = chain.NewestFrom(full.StopLsn, TimelineHistory.WithoutParent(full.Timeline));
            if (own is { Ranges.Count: > 0 } && own.Ranges[^1].End is var last && last > end)
            {
                var gap = $"WAL after {end} on timeline {full.Timeline} is missing, and goes on later";
                return (end, full.Timeline, stop, $"{gap}; take a full: twibackup backup database", gap);
            }

            var younger = chain.Timelines.Where(t => t.Timeline > full.Timeline && t.Ranges.Count > 0).MaxBy(t => t.Timeline);
            if (younger is null)
                return (end, full.Timeline, own is null ? stop : Later(stop, NewestOf(own)), null, null);
            var needed = $"timeline {younger.Timeline} has no full";
            // Where the timeline was left stands in a sealed file; by names alone: its WAL begins where ours has come to.
            return younger.Ranges.Count == 1 && end >= younger.Ranges[0].Start
                ? (younger.Ranges[0].End, younger.Timeline, Later(stop, NewestOf(younger)), null, needed)
                : (end, full.Timeline, own is null ? stop : Later(stop, NewestOf(own)),
                    $"timeline {younger.Timeline} can't be reached from the newest full without a gap; take a full: twibackup backup database", needed);
        }

        private DateTimeOffset NewestOf(TimelineCoverage coverage)
        {
            var stored = coverage.LastStored == default ? default : coverage.LastStored - flush;
            var newest = coverage.Marks.Count == 0 ? stored : Later(stored, coverage.Marks[^1].Time);
            return newest < now ? newest : now;
        }

        private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

        /// <summary>Whole segments, and the tails of those that are not whole yet, from the full's start on.</summary>
        private async Task<long> WalBytesAsync(uint newest, CancellationToken cancellationToken)
        {
            if (chain.SegmentSize == 0)
                return 0;
            var bytes = 0L;
            foreach (var timeline in chain.Timelines.Select(t => t.Timeline).Where(t => t >= full.Timeline && t <= newest))
            {
                var first = WalSegment.Containing(full.StartLsn, timeline, chain.SegmentSize);
                var whole = "";
                await foreach (var info in store.ListAsync(chain.Layout.TimelineFolder(timeline), chain.Layout.SegmentPrefix(first.Name), cancellationToken))
                {
                    if (!chain.Layout.TryParse(info.Key, out var found) || found!.Kind is not (WalObjectKind.Segment or WalObjectKind.Tail)
                        || (found.Kind == WalObjectKind.Tail && found.Segment == whole))
                        continue;
                    if (found.Kind == WalObjectKind.Segment)
                        whole = found.Segment;
                    bytes += info.Length;
                }
            }

            return bytes;
        }

        private List<(string Name, DateTimeOffset At)> PastPoints()
        {
            var points = new List<(string Name, DateTimeOffset At)>();
            foreach (var name in chain.Points)
            {
                if (name.StartsWith(PointPrefix, StringComparison.Ordinal) && SetId.TryParse(name[PointPrefix.Length..], out var at) && at <= now)
                    points.Add((name, at));
            }

            return [.. points.OrderBy(p => p.At)];
        }
    }
}
