using TwiBackup.Rehearsal;
using TwiBackup.Reports.Charts;
using TwiBackup.Verification;

namespace TwiBackup.Reports;

/// <summary>One rehearsal: what was lost and how long it took, against the objectives; stage by stage; check by check.</summary>
internal static class RehearsalView
{
    private static readonly string[] ComponentColumns = ["Component", "Lost (RPO)", "Back after (RTO)", "Objectives"];
    private static readonly string[] StageColumns = ["Stage", "Took", "From, to"];
    private static readonly string[] CheckColumns = ["Check", "Result", "What was found"];

    /// <summary>Why it came to no end, and what else is worth knowing.</summary>
    public static Html Remarks(RehearsalReport report) => Html.Of(
        $"{(report.Failure is { } failure ? Html.Of($"<p class=\"problem\">{failure}</p>") : Html.Empty)}{(report.Notes.Count == 0 ? Html.Empty : Html.Of($"<ul class=\"notes\">{report.Notes.Select(n => Html.Of($"<li>{n}</li>"))}</ul>"))}");

    public static Html Components(RehearsalReport report) => report.Components.Count == 0 ? Html.Empty : HtmlTable.Of("Each component against its objectives", ComponentColumns, report.Components.Select(Row));

    /// <summary>Rows of a table of several: component, lost, back after, result; one also for a rehearsal that measured nothing.</summary>
    /// <param name="first">The cells before.</param>
    public static IEnumerable<IReadOnlyList<Html>> Outcomes(RehearsalReport report, params IReadOnlyList<Html> first)
    {
        if (report.Components.Count == 0)
            return [[.. first, Words.None, Words.None, Words.None, Result(report, report.Met)]];
        return report.Components.Select(c => (IReadOnlyList<Html>)
        [
            .. first, Html.Of($"{c.Name}"), Measured(c.RpoSeconds, c.RpoObjectiveSeconds), Measured(c.RtoSeconds, c.RtoObjectiveSeconds), Result(report, c.Met),
        ]);
    }

    /// <summary>The stages of the slowest recovery as a waterfall: each begins where the one before ended.</summary>
    public static Html Stages(RehearsalReport report)
    {
        var total = report.Stages.Sum(s => s.Seconds);
        if (total <= 0)
            return Html.Of($"<p>No stage was timed.</p>");
        var (rows, at) = (new List<IReadOnlyList<Html>>(), 0.0);
        foreach (var stage in report.Stages)
        {
            var end = at + stage.Seconds;
            rows.Add([Html.Of($"{stage.Name}"), Html.Of($"{Words.Took(stage.Seconds)}"), Html.Of($"{Words.Took(at)} to {Words.Took(end)}{Bar.Of(at / total * 100, end / total * 100)}")]);
            at = end;
        }

        return HtmlTable.Of($"Stages of {(report.Disasters > 1 ? $"the slowest of {report.Disasters} recoveries" : "the recovery")}, {Words.Took(total)} in all", StageColumns, rows, "stages");
    }

    /// <summary>The checks that failed, and all of them.</summary>
    /// <param name="id">Nothing else on the page has it.</param>
    public static Html Checks(RehearsalReport report, string id)
    {
        var failed = report.Checks.Where(c => !c.Passed).ToList();
        var all = Page.More(id, $"{report.Checks.Count - failed.Count} of {Words.Count(report.Checks.Count, "check", "checks")} passed", Checks("Checks of the recovered system", report.Checks));
        return Html.Of($"{(failed.Count == 0 ? Html.Empty : Checks("What failed", failed))}{all}");
    }

    private static Html Checks(string caption, IReadOnlyList<Check> checks) => HtmlTable.Of(caption, CheckColumns, checks.Select(c => (IReadOnlyList<Html>)
        [Html.Of($"{c.Name}"), c.Passed ? Words.Badge("good", "✓", "passed") : Words.Badge("bad", "✗", "failed"), Html.Of($"{c.Detail}")]));

    public static Html Facts(RehearsalReport report) => Html.Of(
        $"<p class=\"note\">Began {Words.ExactTime(report.StartedAt)}, whole run {Words.Took((report.CompletedAt - report.StartedAt).TotalSeconds)}; {Words.Count(report.Disasters, "disaster", "disasters")}; database {Words.Bytes(report.Bytes.Database)}, stored {Words.Bytes(report.Bytes.Stored)}, replayed {Words.Bytes(report.Bytes.Replayed)} of WAL; PostgreSQL {report.Postgres}; store <span class=\"path\">{report.Store}</span>; {report.Tool}; report {Words.Id(report.Id)}</p>");

    private static IReadOnlyList<Html> Row(ComponentResult c) =>
        [Html.Of($"{c.Name}"), Measured(c.RpoSeconds, c.RpoObjectiveSeconds), Measured(c.RtoSeconds, c.RtoObjectiveSeconds), Words.Met(c.Met)];

    private static Html Result(RehearsalReport report, bool met)
    {
        if (report.Failure is not null)
            return Words.Badge("bad", "✗", "came to no end");
        var failed = report.Checks.Count(check => !check.Passed);
        return failed == 0 ? Words.Met(met) : Html.Of($"{Words.Met(met)} {Words.Badge("bad", "✗", Words.Count(failed, "check failed", "checks failed"))}");
    }

    private static Html Measured(double? seconds, double? objective) => objective is null
        ? Html.Of($"{Words.Took(seconds)}")
        : Html.Of($"{(seconds is null ? "not measured" : Words.Took(seconds))} of {Words.Promised(objective)}{Bar.Share(seconds, objective)}");
}
