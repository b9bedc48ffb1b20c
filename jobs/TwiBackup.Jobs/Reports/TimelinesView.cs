using TwiBackup.Reports.Charts;
using TwiBackup.Status;

namespace TwiBackup.Reports;

/// <summary>The recoverable window: a line a component, all along the same dates, and what is missing in words.</summary>
internal static class TimelinesView
{
    private const int MostGaps = 20;
    private static readonly TimeSpan Shortest = TimeSpan.FromDays(30);

    public static Html Of(SystemReport report)
    {
        var now = report.Status.At;
        var span = TimeSpan.FromSeconds(Math.Max(report.FullKeepSeconds ?? 0, report.RecoveryWindowSeconds));
        var scale = new TimeScale(now - (span > Shortest ? span : Shortest), now);
        var timelines = report.History.Timelines;
        return Html.Of(
            $"""
            <p class="legend"><span class="key period"></span> there, <span class="key point"></span> one state, <span class="key gap"></span> promised and missing, <span class="key promise"></span> any instant is promised: {Words.Promised(report.RecoveryWindowSeconds)}{(report.FullKeepSeconds is { } keep ? $"; the end of each full for {Words.Promised(keep)}" : "")}</p>
            <div class="tracks">
            {timelines.Select((t, i) => Track($"track-{i}", scale, t))}{TrackChart.Axis(scale)}</div>
            {(timelines.All(t => t is { Periods.Count: 0, Points.Count: 0, Gaps.Count: 0 }) ? Html.Of($"<p>There is nothing yet.</p>") : GapTable([.. timelines.SelectMany(t => t.Gaps.Select(g => (t.Name, g)))]))}
            """);
    }

    private static Html Track(string id, TimeScale scale, ComponentTimeline timeline)
    {
        var description = Describe(scale, timeline);
        return Html.Of(
            $"""
            <div class="row"><h3>{timeline.Name}</h3>
            {TrackChart.Of(id, timeline.Name, $"{timeline.Meaning}. {description}", scale, timeline)}<p class="note">{description}</p></div>

            """);
    }

    private static string Describe(TimeScale scale, ComponentTimeline timeline)
    {
        var parts = new List<string>();
        if (timeline.Periods is [var first, ..])
            parts.Add($"{Text(first.From)} to {Text(timeline.Periods.Max(p => p.To))}");
        if (timeline.Points is [var oldest, ..])
        {
            var older = timeline.Points.Count(p => p < scale.From);
            parts.Add(timeline.Points.Count == 1 ? $"one, {Text(oldest)}" : $"{Words.Count(timeline.Points.Count, "state", "states")}, {Text(oldest)} to {Text(timeline.Points[^1])}");
            if (older > 0)
                parts.Add($"{older} older than this chart");
        }

        if (parts.Count == 0)
            parts.Add("nothing");
        if (timeline.Gaps.Count > 0)
            parts.Add(Words.Count(timeline.Gaps.Count, "gap", "gaps"));
        return string.Join("; ", parts);
    }

    private static Html GapTable(List<(string Name, TimelineGap Gap)> gaps)
    {
        if (gaps.Count == 0)
            return Html.Of($"<p>Nothing that is promised is missing.</p>");
        gaps.Sort((a, b) => b.Gap.To.CompareTo(a.Gap.To));
        return Html.Of(
            $"""
            <h3>What is missing</h3>
            {HtmlTable.Of("Gaps, newest first", ["Component", "From", "To", "Lasted", "Why"], gaps.Take(MostGaps).Select(g => Row(g.Name, g.Gap)))}
            {(gaps.Count > MostGaps ? Html.Of($"<p class=\"note\">{Words.Count(gaps.Count - MostGaps, "older gap is", "older gaps are")} in the JSON.</p>") : Html.Empty)}
            """);
    }

    private static IReadOnlyList<Html> Row(string name, TimelineGap gap) =>
    [
        Html.Of($"{name}"), Words.Time(gap.From), Words.Time(gap.To), Html.Of($"{Words.Age((gap.To - gap.From).TotalSeconds)}"), Html.Of($"{gap.Reason}"),
    ];

    private static string Text(DateTimeOffset time) => Words.Text(time, "yyyy-MM-dd HH:mm");
}
