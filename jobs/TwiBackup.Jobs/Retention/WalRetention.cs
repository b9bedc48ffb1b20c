using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Wal;

namespace TwiBackup.Retention;

/// <summary>
/// Which WAL of one cluster may go: what lies before the newest full that was complete before the recovery window begins, and timelines
/// that were left behind before that. Decided from names, listings and signed manifests alone, because retention has no identity: where
/// a history file would have to be opened to know where a timeline was left, the first WAL of the next one tells it.
/// </summary>
public sealed class WalRetention
{
    private readonly Dictionary<uint, Lsn> anchors = [];
    private readonly HashSet<uint> dead = [];

    private WalRetention()
    {
    }

    /// <summary>Decides for a cluster.</summary>
    /// <param name="chain">What the store holds of it.</param>
    /// <param name="fulls">The cluster's good fulls.</param>
    /// <param name="windowStart">Now less the recovery window.</param>
    /// <param name="isAbandonedCluster">
    /// Whether another cluster has taken this one's place, with a full of its own that was complete before the window begins.
    /// </param>
    public static WalRetention Decide(WalChain chain, IReadOnlyList<BackupSet> fulls, DateTimeOffset windowStart, bool isAbandonedCluster)
    {
        var decision = new WalRetention();
        var settled = fulls.Where(f => f.Manifest.Database!.StopTime <= windowStart).ToList();
        foreach (var timeline in chain.Timelines)
        {
            var number = timeline.Timeline;
            var isQuiet = timeline.LastStored < windowStart;
            if (isAbandonedCluster)
            {
                if (isQuiet)
                    decision.dead.Add(number);
                continue;
            }

            // A younger timeline without a settled full of its own is recovered from a full on this one, taken before it was left.
            var dependents = chain.Timelines.Where(t => t.Timeline > number && t.Ranges.Count > 0 && settled.All(f => f.Timeline != t.Timeline)).ToList();
            var limit = dependents.Count == 0 ? new Lsn(ulong.MaxValue) : dependents.Min(t => t.Ranges[0].Start);
            var anchor = settled.Where(f => f.Timeline == number && f.StopLsn <= limit).MaxBy(f => f.StopLsn);
            if (anchor is not null)
                decision.anchors[number] = anchor.StartLsn;
            if (isQuiet && dependents.Count == 0 && settled.Any(f => f.Timeline > number))
                decision.dead.Add(number);
        }

        return decision;
    }

    /// <summary>Whether the object may go. History files, cluster facts and restore points stay; they are tiny.</summary>
    public bool MayGo(WalObject found, int segmentSize)
    {
        if (found.Kind is WalObjectKind.History or WalObjectKind.HistoryCopy or WalObjectKind.Cluster or WalObjectKind.Point)
            return false;
        if (dead.Contains(found.Timeline))
            return true;
        if (!anchors.TryGetValue(found.Timeline, out var anchor))
            return false;
        if (found.Mark is { } mark)
            return mark.Lsn < anchor;
        return WalSegment.TryParse(found.Segment, segmentSize, out var segment) && segment.End <= anchor;
    }
}
