using System.Globalization;
using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Wal;

namespace TwiBackup.Status;

/// <summary>
/// The periods of which any instant can be recovered: from the end of a full to where WAL leads from it without a hole. As names and the
/// store's times tell it, without the identity.
/// </summary>
/// <param name="chains">WAL of each cluster that has a full.</param>
/// <param name="flush">What was stored at T is complete up to T less this.</param>
internal sealed class AnyInstant(IReadOnlyList<WalChain> chains, TimeSpan flush)
{
    /// <summary>Periods that do not touch each other, oldest first.</summary>
    /// <param name="fulls">Good fulls.</param>
    /// <param name="newest">What is known better of the newest full's reach; null: there is none.</param>
    public IReadOnlyList<Period> Of(IEnumerable<BackupSet> fulls, RecoverablePoint? newest)
    {
        var periods = new List<Period>();
        foreach (var full in fulls.OrderBy(f => f.Manifest.Database!.StopTime))
        {
            var from = full.Manifest.Database!.StopTime;
            var to = full.Id == newest?.FullId ? Later(newest.Time, from) : ReachOf(full);
            if (periods.Count > 0 && from <= periods[^1].To)
                periods[^1] = periods[^1] with { To = Later(periods[^1].To, to) };
            else
                periods.Add(new Period(from, to));
        }

        return periods;
    }

    private DateTimeOffset ReachOf(BackupSet full)
    {
        var (timeline, at, reach) = (full.Timeline, full.StopLsn, full.Manifest.Database!.StopTime);
        var chain = chains.FirstOrDefault(c => c.Layout.SystemIdentifier.ToString(CultureInfo.InvariantCulture) == full.Manifest.Database.SystemIdentifier);
        while (chain?.Of(timeline) is { } coverage && RangeAt(coverage, at) is { } range)
        {
            var end = coverage.Ranges[range].End;
            reach = Later(reach, CompleteTo(coverage, range));
            // Where the timeline was left stands in a sealed file; by names alone: the younger one's WAL begins where ours has come to.
            var younger = chain.Timelines.FirstOrDefault(t => t.Timeline > timeline && t.Ranges.Count > 0 && t.Ranges[0].Start <= end && t.Ranges[0].End > at);
            if (younger is null)
                break;
            (timeline, at) = (younger.Timeline, younger.Ranges[0].Start);
        }

        return reach;
    }

    /// <summary>The range with this byte, or that ends just before it: a server that wrote nothing more.</summary>
    private static int? RangeAt(TimelineCoverage coverage, Lsn at) =>
        coverage.IndexOf(at) ?? (at.Value > 0 ? coverage.IndexOf(new Lsn(at.Value - 1)) : null);

    private DateTimeOffset CompleteTo(TimelineCoverage coverage, int range)
    {
        var stored = coverage.Times[range].Last - flush;
        var mark = coverage.Marks.LastOrDefault(m => m.Lsn >= coverage.Ranges[range].Start && m.Lsn <= coverage.Ranges[range].End);
        return mark is null ? stored : Later(stored, mark.Time);
    }

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;
}
