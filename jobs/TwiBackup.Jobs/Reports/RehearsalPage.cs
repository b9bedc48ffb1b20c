using TwiBackup.Catalog;
using TwiBackup.Rehearsal;
using TwiBackup.Status;

namespace TwiBackup.Reports;

/// <summary>The page of one rehearsal, or of several that ran together.</summary>
public static class RehearsalPage
{
    private static readonly string[] Columns = ["Scenario", "Component", "Lost (RPO)", "Back after (RTO)", "Result"];

    /// <summary>The page, whole: nothing is loaded from anywhere.</summary>
    /// <param name="reports">In the order in which they ran; not empty.</param>
    public static string Render(IReadOnlyList<RehearsalReport> reports)
    {
        var met = reports.All(r => r.Met);
        var state = met ? ComponentState.Good : ComponentState.Missed;
        var body = Html.Of(
            $"""
            <header class="{Words.Class(state)}"><h1>Rehearsal: {(reports.Count == 1 ? reports[0].Scenario : Words.Count(reports.Count, "scenario", "scenarios"))}</h1>
            <p class="sentence" id="sentence">{Sentence(reports)}</p>
            <p class="note">System {reports[0].System}, {Words.ExactTime(reports[0].StartedAt)}. All times are UTC.</p></header>
            {(reports.Count == 1 ? Html.Empty : Html.Of($"<nav aria-label=\"On this page\"><ul>{reports.Select((r, i) => Html.Of($"<li><a href=\"#{Id(i)}\">{r.Scenario}</a></li>"))}</ul></nav>"))}
            <main id="main" tabindex="-1">
            {(reports.Count == 1 ? Html.Empty : Page.Section("all", "All scenarios", HtmlTable.Of("Each scenario's components against their objectives", Columns, reports.SelectMany(r => RehearsalView.Outcomes(r, Html.Of($"{r.Scenario}"))))))}
            {reports.Select((r, i) => Section(r, i, reports.Count == 1))}</main>

            """);
        return Page.Of($"Rehearsal: {(met ? "every objective met" : "missed")}", state, body, ToolVersion.Text, live: false);
    }

    private static string Sentence(IReadOnlyList<RehearsalReport> reports)
    {
        if (reports.Count == 1)
            return RehearsalSentence.Of(reports[0]);
        var missed = reports.Where(r => !r.Met).Select(r => r.Scenario).ToList();
        return missed.Count == 0
            ? $"All {Words.Count(reports.Count, "disaster was", "disasters were")} survived: every objective was met and every check passed."
            : $"{missed.Count} of {Words.Count(reports.Count, "scenario", "scenarios")} missed an objective or a check: {string.Join(", ", missed)}.";
    }

    private static Html Section(RehearsalReport report, int index, bool isOnly) => Page.Section(Id(index), report.Scenario, Html.Of(
        $"""
        {(isOnly ? Html.Empty : Html.Of($"<p>{Words.Met(report.Met)} {RehearsalSentence.Of(report)}</p>"))}
        {RehearsalView.Remarks(report)}
        {RehearsalView.Components(report)}
        {RehearsalView.Stages(report)}
        {RehearsalView.Checks(report, $"{Id(index)}-checks")}
        {RehearsalView.Facts(report)}
        """));

    private static string Id(int index) => $"scenario-{index + 1}";
}
