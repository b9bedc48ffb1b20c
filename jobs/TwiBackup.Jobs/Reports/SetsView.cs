using TwiBackup.Reports.Charts;
using TwiBackup.Status;

namespace TwiBackup.Reports;

/// <summary>How large the sets of each kind are and how long they took, over time.</summary>
internal static class SetsView
{
    private const int MostRows = 30;
    private static readonly string[] Columns = ["Set", "State of", "Size", "Stored", "Took", "Last proven", "Kept until"];

    public static Html Of(SystemReport report)
    {
        var kinds = report.History.Sets.GroupBy(s => s.Kind).ToList();
        return kinds.Count == 0 ? Html.Of($"<p>There is no set yet.</p>") : Html.Join(kinds.Select(g => Kind(g.Key, [.. g.OrderBy(s => s.At)], report.Status.At)));
    }

    private static Html Kind(string kind, IReadOnlyList<SetHistory> sets, DateTimeOffset now)
    {
        var scale = new TimeScale(sets[0].At, now);
        return Html.Of(
            $"""
            <h3>{kind}</h3>
            <div class="charts">
            {ColumnChart.Of($"stored-{kind}", $"{kind}: stored", scale, [.. sets.Select(s => (s.At, (double)s.StoredBytes))], v => Words.Bytes((long)v))}
            {ColumnChart.Of($"took-{kind}", $"{kind}: took", scale, [.. sets.Select(s => (s.At, s.DurationSeconds))], v => Words.Took(v))}
            </div>
            {Page.More($"sets-{kind}", Summary(sets.Count), HtmlTable.Of($"The newest sets of kind {kind}", Columns, sets.Reverse().Take(MostRows).Select(Row)))}
            """);
    }

    private static string Summary(int count) =>
        count <= MostRows ? Words.Count(count, "set", "sets") : $"The newest {MostRows} of {Words.Count(count, "set", "sets")}; all are in the JSON";

    private static IReadOnlyList<Html> Row(SetHistory set) =>
    [
        Words.Id(set.Id), Words.Time(set.At), Html.Of($"{Words.Bytes(set.PlainBytes)}"), Html.Of($"{Words.Bytes(set.StoredBytes)}"),
        Html.Of($"{Words.Took(set.DurationSeconds)}"), set.ProvenAt is { } proven ? Words.Time(proven) : Html.Of($"not yet"), Words.Time(set.KeepUntil),
    ];
}
