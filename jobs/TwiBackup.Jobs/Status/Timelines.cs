using System.Globalization;
using TwiBackup.Catalog;
using TwiBackup.Policy;
using TwiBackup.Progress;
using TwiBackup.Verification;
using TwiBackup.Wal;

namespace TwiBackup.Status;

/// <summary>Lays what the store holds along time, component by component, and says what is promised and missing.</summary>
internal sealed class Timelines(
    BackupPolicy policy, IReadOnlyDictionary<SetKind, CatalogListing> listings, IReadOnlyList<VerificationRecord> records, WalReach? reach,
    IReadOnlyList<WalChain> chains, DateTimeOffset now)
{
    public const string AnyInstantName = "any instant";

    /// <summary>Those that the policy has, the database first.</summary>
    public IEnumerable<ComponentTimeline> All()
    {
        var backups = policy.Backups;
        if (reach is not null && backups.Incremental is { } incremental)
        {
            yield return AnyInstants(incremental);
            yield return Wal();
            yield return RestorePoints(incremental);
        }

        if (backups.Full is { } full)
            yield return OfSets(SetKind.Full, full.Schedule, "the end of each full can be recovered by the WAL inside it");
        if (backups.Dump is { } dump)
            yield return OfSets(SetKind.Dump, dump.Schedule, "a logical dump as of its begin");
        if (backups.Configuration is not null)
            yield return OfSets(SetKind.Configuration, Schedule.OnChange, "taken when it had changed");
        if (backups.Repository is { } repository)
            yield return OfSets(SetKind.Repository, repository.Schedule, "every branch and tag as of then");
        if (backups.Logs is not null)
            yield return OfSets(SetKind.Logs, Schedule.OnChange, "taken when there were new ones");
    }

    /// <summary>The instant whose state a set holds.</summary>
    public static DateTimeOffset StateOf(BackupSet set) => set.Kind.IsPhysical() ? set.Manifest.Database!.StopTime : set.Manifest.StartedAt;

    private ComponentTimeline AnyInstants(IncrementalPolicy incremental)
    {
        var fulls = listings[SetKind.Full].Sets;
        var periods = new AnyInstant(chains, incremental.FlushInterval).Of(fulls, reach!.Point);
        var timeline = new ComponentTimeline
        {
            Name = AnyInstantName,
            Meaning = "every instant in it can be recovered, from a full and the WAL behind it",
            Periods = [.. periods.Where(p => p.To > p.From)],
        };
        if (Began() is not { } began)
            return timeline;
        var promised = Later(now - policy.RecoveryWindow, began);
        return timeline with { PromisedFrom = promised, Gaps = [.. Holes(periods, promised)] };
    }

    /// <summary>When the database was first protected, as far as anything signed still tells.</summary>
    private DateTimeOffset? Began()
    {
        var first = listings[SetKind.Full].Sets.Select(s => (DateTimeOffset?)StateOf(s)).Min();
        var proven = records.Where(r => r.Kind == SetKind.Full.Name()).Select(r => (DateTimeOffset?)r.StartedAt).Min();
        return first is null || proven < first ? proven : first;
    }

    private IEnumerable<TimelineGap> Holes(IReadOnlyList<Period> periods, DateTimeOffset promised)
    {
        var at = promised;
        foreach (var period in periods.Where(p => p.To >= promised))
        {
            if (period.From > at)
                yield return new TimelineGap(at, period.From, at == promised ? "no full before it leads here" : "WAL has a hole, and no full before its end leads on");
            at = Later(at, period.To);
        }

        // As much as the objective allows is not missing.
        if (now - at > (policy.Objectives.Database.Rpo ?? TimeSpan.Zero))
            yield return new TimelineGap(at, now, periods.Count == 0 ? "there is no full" : "no WAL came since");
    }

    private ComponentTimeline Wal()
    {
        var (periods, gaps) = (new List<Period>(), new List<TimelineGap>());
        foreach (var coverage in chains.SelectMany(c => c.Timelines))
        {
            for (var i = 0; i < coverage.Ranges.Count; i++)
            {
                var times = coverage.Times[i];
                periods.Add(new Period(times.First, times.Last));
                if (i > 0 && coverage.Times[i - 1].Last is var before)
                    gaps.Add(new TimelineGap(before < times.First ? before : times.First, times.First,
                        $"WAL from {coverage.Ranges[i - 1].End} to {coverage.Ranges[i].Start} on timeline {coverage.Timeline} is missing"));
            }
        }

        return new ComponentTimeline
        {
            Name = "wal",
            Meaning = "WAL was stored without a hole",
            Periods = [.. periods.OrderBy(p => p.From)],
            Gaps = [.. gaps.OrderBy(g => g.From)],
        };
    }

    private ComponentTimeline RestorePoints(IncrementalPolicy incremental)
    {
        var points = reach!.Points.Select(p => p.At).ToList();
        return new ComponentTimeline
        {
            Name = "restore point",
            Meaning = "WAL up to it was proven to have no hole",
            Points = points,
            Gaps = [.. Skipped(incremental.Schedule, [.. points.Select(p => (p, TimeSpan.Zero))])],
        };
    }

    private ComponentTimeline OfSets(SetKind kind, Schedule schedule, string meaning)
    {
        var sets = listings[kind].Sets;
        return new ComponentTimeline
        {
            Name = kind.Name(),
            Meaning = meaning,
            Points = [.. sets.Select(StateOf).Order()],
            Gaps = [.. Skipped(schedule, [.. sets.Select(s => (s.Manifest.StartedAt, s.Manifest.CompletedAt - s.Manifest.StartedAt)).OrderBy(r => r.StartedAt)])],
        };
    }

    /// <summary>Where runs that the schedule asked for left nothing, by the same measure as what is overdue now.</summary>
    private IEnumerable<TimelineGap> Skipped(Schedule schedule, IReadOnlyList<(DateTimeOffset At, TimeSpan Took)> runs)
    {
        for (var i = 0; i < runs.Count; i++)
        {
            var next = i + 1 < runs.Count ? runs[i + 1].At : now;
            var due = Due.After(schedule, runs[i].At);
            if (Due.IsLate(due, runs[i].Took, next))
                yield return new TimelineGap(due!.Value, next, $"the run of {Text(due.Value)} left nothing{(i + 1 < runs.Count ? $"; the next came {Sizes.Text(next - due.Value)} later" : "")}");
        }
    }

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);
}
