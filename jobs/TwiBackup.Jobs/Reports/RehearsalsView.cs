using TwiBackup.Rehearsal;
using TwiBackup.Reports.Charts;

namespace TwiBackup.Reports;

/// <summary>The rehearsals of a system: the last one whole, the others in a line each.</summary>
internal static class RehearsalsView
{
    private const int MostRows = 20;
    private static readonly string[] Columns = ["When", "Scenario", "Component", "Lost (RPO)", "Back after (RTO)", "Result"];

    public static Html Of(SystemReport report)
    {
        var rehearsals = report.Rehearsals;
        if (rehearsals is not [.., var last])
            return Html.Of($"<p>No disaster was rehearsed yet: <code>twibackup rehearse</code>. Until then how much is lost and how long it takes is a guess.</p>");
        return Html.Of(
            $"""
            <h3>The last: {last.Scenario}, {Words.Time(last.StartedAt)}</h3>
            <p>{Words.Met(last.Met)} {RehearsalSentence.Of(last)}</p>
            {RehearsalView.Remarks(last)}
            {RehearsalView.Components(last)}
            {RehearsalView.Stages(last)}
            {RehearsalView.Checks(last, "rehearsal-checks")}
            {RehearsalView.Facts(last)}
            <h3>All {Words.Count(rehearsals.Count, "rehearsal", "rehearsals")}</h3>
            <div class="charts">{Chart(rehearsals, "rpo", "lost (RPO)", c => c.RpoSeconds, report.Status.At)}{Chart(rehearsals, "rto", "back after (RTO)", c => c.RtoSeconds, report.Status.At)}</div>
            {HtmlTable.Of("Rehearsals, the newest first", Columns, rehearsals.Reverse().Take(MostRows).SelectMany(r => RehearsalView.Outcomes(r, Words.Time(r.StartedAt), Html.Of($"{r.Scenario}"))))}
            {(rehearsals.Count > MostRows ? Html.Of($"<p class=\"note\">{Words.Count(rehearsals.Count - MostRows, "older one is", "older ones are")} in the JSON.</p>") : Html.Empty)}
            """);
    }

    /// <summary>The first component of each, which is the one that a scenario is about.</summary>
    private static Html Chart(IReadOnlyList<RehearsalReport> rehearsals, string id, string title, Func<ComponentResult, double?> value, DateTimeOffset now)
    {
        var columns = rehearsals.Where(r => r.Components.Count > 0 && value(r.Components[0]) is not null).Select(r => (r.StartedAt, value(r.Components[0])!.Value)).ToList();
        return columns.Count == 0 ? Html.Empty : ColumnChart.Of($"rehearsed-{id}", title, new TimeScale(columns[0].StartedAt, now), columns, v => Words.Took(v));
    }
}
