using System.Globalization;
using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Sealing;
using TwiBackup.Wal;

namespace TwiBackup.Database;

/// <summary>
/// Finds the full and the timeline for a target, and refuses, before anything is written, a target that can't be reached, naming the
/// nearest that can.
/// </summary>
public sealed class RestorePlanner(SetCatalog catalog, TimeProvider clock)
{
    private readonly SignedObjects objects = new(catalog.Store, catalog.Keys);

    /// <summary>Plans a restore.</summary>
    /// <param name="target">Where to stop.</param>
    /// <param name="setId">A certain full, even one past its time; null: the best one for the target.</param>
    /// <exception cref="TwiBackupException">There is no full, or the target is ambiguous.</exception>
    /// <exception cref="OutOfReachException">The target can't be reached; for the newest point: WAL is missing before it.</exception>
    public async Task<RestorePlan> PlanAsync(RecoveryTarget target, string? setId, CancellationToken cancellationToken)
    {
        var listing = await catalog.ListAsync(SetKind.Full, cancellationToken);
        var now = clock.GetUtcNow();
        var usable = listing.Sets.Where(s => setId is null ? s.Manifest.KeepUntil > now : s.Id == setId).ToList();
        if (usable.Count == 0)
            throw NothingUsable(listing, setId);

        // The cluster of the newest set: after initdb or pg_upgrade the old one is reached with --id.
        var identifier = usable[^1].Manifest.Database!.SystemIdentifier;
        usable = [.. usable.Where(s => s.Manifest.Database!.SystemIdentifier == identifier)];
        var facts = usable[^1].Manifest.Database!;
        var layout = new WalLayout(catalog.System, facts.ServerVersion / 10000, ulong.Parse(identifier, CultureInfo.InvariantCulture));
        var chain = await WalChain.LoadAsync(catalog.Store, layout, cancellationToken, behindMarkers: true, segmentSize: facts.WalSegmentSize);
        await chain.LoadHistoriesAsync(objects, usable.Select(s => s.Timeline).ToHashSet(), cancellationToken);

        target = await ResolveNameAsync(target, layout, cancellationToken);
        var (path, said) = await new TimelineChoice(catalog, chain, usable).ChooseAsync(target, cancellationToken);
        if (target is { Time: { } time, Timeline: null })
            await RequireOnPathAsync(chain, path, time, cancellationToken);
        var (set, notWhole) = await ChooseWholeAsync([.. usable.Where(s => IsOn(path, s))], target, setId, cancellationToken);
        var reach = Reach(chain, path, set);
        var mark = await NewestMarkAsync(chain, path, reach, cancellationToken);
        var newer = setId is null ? await NewerClusters.FindAsync(catalog, layout, cancellationToken) : [];
        var plan = new RestorePlan(
            set, layout, path, reach, mark, target,
            [.. newer, .. Skipped(listing, set, [.. usable.Except(notWhole.Keys)]), .. notWhole.Values, .. chain.PassedOver, .. said is null ? [] : (string[])[said]],
            listing.Refused.Any(r => SetId.MayBeNewer(r.Id, than: set.Id)) || newer.Count + notWhole.Count + chain.PassedOver.Count > 0);
        RequireReachable(plan, chain);
        return plan;
    }

    private TwiBackupException NothingUsable(CatalogListing listing, string? setId)
    {
        if (setId is not null)
        {
            return new TwiBackupException(listing.Refused.FirstOrDefault(r => r.Id == setId)?.Reason
                ?? $"There is no full backup {setId} in {catalog.Store.Location}. See what there is with: twibackup list");
        }

        var expired = listing.Sets.Count == 0 ? "" : $" {listing.Sets.Count} {(listing.Sets.Count == 1 ? "is past its" : "are past their")} time; the newest of them is restored with --id {listing.Sets[^1].Id}.";
        var refused = listing.Refused.Count == 0 ? "" : $" {listing.Refused.Count} were refused; the newest: {listing.Refused[^1].Reason}";
        return new TwiBackupException($"{catalog.Store.Location} holds no full backup of {catalog.System} that can be used.{expired}{refused}");
    }

    /// <summary>A restore point is recorded with its LSN, so that it is known at once whether it can be reached.</summary>
    private async Task<RecoveryTarget> ResolveNameAsync(RecoveryTarget target, WalLayout layout, CancellationToken cancellationToken)
    {
        if (target.Name is null || await RestorePoints.FindAsync(objects, layout, target.Name, cancellationToken) is not { } point)
            return target;
        return target with { Name = null, Lsn = point.Lsn, Timeline = target.Timeline ?? point.Timeline };
    }

    /// <summary>
    /// An instant at which a timeline was written that the path has left before, or does not come from, is another state than the path's
    /// at that instant: a person must say which is meant. Signed marks tell which timelines were in use, and bound how far they were.
    /// </summary>
    private async Task RequireOnPathAsync(WalChain chain, TimelineHistory path, DateTimeOffset time, CancellationToken cancellationToken)
    {
        var written = chain.Timelines.Where(t => t.Ranges.Count > 0 || t.HasHistory).ToList();
        if (written.Count == 0 || (written.Count == 1 && path.Path.Count == 1 && written[0].Timeline == path.Timeline))
            return;
        var marks = new WalMarks(catalog.Store, catalog.Keys, chain.Layout);
        var begun = new List<(TimelineCoverage Coverage, bool GoesOn)>();
        foreach (var coverage in written)
        {
            var (before, after) = await marks.AroundAsync(coverage.Timeline, time, cancellationToken);
            if (before is not null || coverage.HistoryStored <= time)
                begun.Add((coverage, after is not null));
        }

        // Later ones were promoted later: the highest was the one in use, and any that was still written then.
        var inUse = begun.Where(b => b.GoesOn || b == begun[^1]).Select(b => b.Coverage).ToList();
        foreach (var coverage in inUse)
        {
            if (await IsSharedAsync(marks, chain, coverage, path, time, cancellationToken))
                continue;
            var candidates = inUse.Select(c => c.Timeline).Append(path.Timeline).Distinct().Order();
            throw new TwiBackupException(ExitCode.WrongUse, $"At {Text(time)} timeline {coverage.Timeline} was written, and what it held then is not all in timeline {path.Timeline}. Say which is meant with --timeline ({string.Join(" or ", candidates)}); twibackup wal show tells where they begin.");
        }
    }

    /// <summary>Whether all that a timeline held at an instant is on the path, for certain.</summary>
    private static async Task<bool> IsSharedAsync(
        WalMarks marks, WalChain chain, TimelineCoverage coverage, TimelineHistory path, DateTimeOffset time, CancellationToken cancellationToken)
    {
        var spans = path.Path.Where(s => s.Timeline == coverage.Timeline).ToList();
        if (spans is not [var span])
            return false;
        // Nothing lies behind the point where it was left, or a later instant is known to lie before that point.
        return coverage.Ranges.Count == 0 || coverage.Ranges[^1].End <= span.End
            || (await marks.NewestUpToAsync(coverage.Timeline, span.End, chain.SegmentSize, cancellationToken))?.Time >= time;
    }

    private static bool IsOn(TimelineHistory path, BackupSet set) => path.TimelineAt(new Lsn(set.StopLsn.Value - 1)) == set.Timeline;

    /// <summary>
    /// The best set whose objects are all there, and those that are not, each with a line. A set that is not whole yet (a replica is late, in no
    /// order) or any more is none; those before it reach as far by more WAL.
    /// </summary>
    private async Task<(BackupSet Set, Dictionary<BackupSet, string> NotWhole)> ChooseWholeAsync(
        List<BackupSet> onPath, RecoveryTarget target, string? setId, CancellationToken cancellationToken)
    {
        var notWhole = new Dictionary<BackupSet, string>();
        while (true)
        {
            var candidates = onPath.Where(s => !notWhole.ContainsKey(s)).ToList();
            if (Choose(candidates, target) is not { } set)
            {
                throw candidates.Count > 0 || notWhole.Count == 0
                    ? TooEarly(candidates, target, setId)
                    : new TwiBackupException($"{catalog.Store.Location} holds no full backup of {catalog.System} that is whole. {notWhole.Values.Last()}");
            }

            // One that is named is meant: the restore refuses it, and a verification says so.
            if (setId is not null || await SetCompleteness.MissingAsync(catalog, set, cancellationToken) is not { } problem)
                return (set, notWhole);
            notWhole.Add(set, $"{problem} It was passed over.");
        }
    }

    private static BackupSet? Choose(List<BackupSet> onPath, RecoveryTarget target) => target switch
    {
        { Time: { } time } => onPath.LastOrDefault(s => s.Manifest.Database!.StopTime <= time),
        { Lsn: { } lsn } => onPath.LastOrDefault(s => s.StopLsn <= lsn),
        { Xid: { } xid } => onPath.LastOrDefault(s => s.Manifest.Database!.NextXid <= xid),
        { BeforeXid: { } xid } => onPath.LastOrDefault(s => s.Manifest.Database!.NextXid <= xid),
        _ => onPath.LastOrDefault(),
    };

    /// <summary>The set's own WAL reaches to the end of the segment with its stop LSN; the archive may go on from anywhere before that.</summary>
    private static Lsn Reach(WalChain chain, TimelineHistory path, BackupSet set)
    {
        var ownEnd = WalSegment.Containing(new Lsn(set.StopLsn.Value - 1), set.Timeline, set.Manifest.Database!.WalSegmentSize).End;
        Lsn[] ends = [set.StopLsn, chain.NewestFrom(set.StopLsn, path), chain.NewestFrom(ownEnd, path)];
        return ends.Max();
    }

    private static void RequireReachable(RestorePlan plan, WalChain chain)
    {
        var target = plan.Target;
        if (target.Lsn is { } lsn && lsn > plan.Reach)
            throw OutOfReach(plan, chain, $"LSN {lsn} can't be reached: WAL ends at {plan.Reach}. Use --lsn {plan.Reach} or an earlier one.");
        if (target.Time is { } time && time > plan.NewestTime)
            throw OutOfReach(plan, chain, $"{target} can't be reached: the newest time that can be restored is {Text(plan.NewestTime)}. Use --at with that or an earlier time.");
        if (target.IsLatest && MissingBehind(plan, chain) is { } missing)
            throw OutOfReach(plan, chain, $"The newest time that can be restored is {Text(plan.NewestTime)}. Use --at with that or an earlier time.", missing);
    }

    /// <summary>The newest signed instant on the path: of the target's timeline, or, when nothing was written there yet, of its ancestors.</summary>
    private async Task<WalMark?> NewestMarkAsync(WalChain chain, TimelineHistory path, Lsn reach, CancellationToken cancellationToken)
    {
        var marks = new WalMarks(catalog.Store, catalog.Keys, chain.Layout);
        foreach (var span in path.Path.Reverse().Where(s => s.Begin < reach))
        {
            var limit = reach < span.End ? reach : span.End;
            if (await marks.NewestUpToAsync(span.Timeline, limit, chain.SegmentSize, cancellationToken) is { } mark)
                return mark;
        }

        return null;
    }

    private static OutOfReachException OutOfReach(RestorePlan plan, WalChain chain, string line, string? missing = null)
    {
        missing ??= MissingBehind(plan, chain);
        return new OutOfReachException(plan, missing is null ? line : $"WAL segment {missing} is missing from {plan.Layout.Root}. {line}");
    }

    /// <summary>The first missing segment, if there is WAL behind the point where the chain ends.</summary>
    private static string? MissingBehind(RestorePlan plan, WalChain chain)
    {
        var timeline = plan.Path.TimelineAt(plan.Reach);
        var goesOn = plan.Path.Path.Any(span => span.End > plan.Reach
            && chain.Of(span.Timeline)?.Ranges.Any(r => r.Start > plan.Reach && r.Start < span.End) == true);
        return goesOn ? WalSegment.Containing(plan.Reach, timeline, plan.Set.Manifest.Database!.WalSegmentSize).Name : null;
    }

    private static TwiBackupException TooEarly(List<BackupSet> onPath, RecoveryTarget target, string? setId)
    {
        if (onPath.Count == 0)
            return new TwiBackupException($"No full backup lies on {(target.Timeline is { } t ? $"timeline {t}" : "the newest timeline")} or its ancestors. Choose another with --timeline; see: twibackup list");
        var first = onPath[0];
        var which = setId is null ? "the oldest full" : $"set {setId}";
        return new TwiBackupException($"{target} can't be reached: {which} is complete at {Text(first.Manifest.Database!.StopTime)}, LSN {first.StopLsn}, and nothing before that can be restored from it.");
    }

    private static List<string> Skipped(CatalogListing listing, BackupSet set, List<BackupSet> usable) =>
    [
        .. listing.Refused.Where(r => SetId.MayBeNewer(r.Id, than: set.Id)).Select(r => $"Set {r.Id} is newer and was passed over: {r.Reason}"),
        .. usable.SkipWhile(s => s.Id != set.Id).Skip(1).Select(s => $"Set {s.Id} is newer than the target and was passed over."),
    ];

    /// <summary>With microseconds where there are some: what is named must be reachable, not a fraction before it.</summary>
    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString(
        time.Ticks % TimeSpan.TicksPerMillisecond == 0 ? "yyyy-MM-dd'T'HH:mm:ss.fff'Z'" : "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
