namespace TwiBackup.Reports;

/// <summary>What runs next.</summary>
internal static class NextRunsView
{
    private static readonly string[] Columns = ["Job", "Schedule", "Next (UTC)", "In", "Then"];

    public static Html Of(SystemReport report) => HtmlTable.Of("Jobs of the policy and when they run next", Columns, report.NextRuns.Select(run => Row(run, report.Status.At)));

    private static IReadOnlyList<Html> Row(NextRun run, DateTimeOffset now) =>
    [
        Html.Of($"<code>{run.Job}</code>"), Html.Of($"{run.When}"), run.Times is [var next, ..] ? Words.Time(next) : Words.None,
        Html.Of($"{(run.Times is [var first, ..] ? Words.Age((first - now).TotalSeconds) : "–")}"),
        run.Times.Count > 1 ? Html.Join(run.Times.Skip(1).Select((t, i) => Html.Of($"{(i > 0 ? ", " : "")}{Words.Time(t)}"))) : Words.None,
    ];
}
