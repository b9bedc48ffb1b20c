using TwiBackup.Reports.Charts;
using TwiBackup.Status;
using TwiBackup.Verification;

namespace TwiBackup.Reports;

/// <summary>What was verified, and what it found.</summary>
internal static class VerificationsView
{
    private const int MostRows = 20;
    private static readonly string[] Columns = ["When", "Set", "Result", "Restored to", "Restore took", "Checks"];

    public static Html Of(SystemReport report)
    {
        var records = report.History.Verifications;
        if (records.Count == 0)
            return Html.Of($"<p>Nothing was verified yet: <code>twibackup verify all</code>. Until then nobody knows whether these backups can be restored.</p>");
        var (proven, failed) = (records.Count(r => r.Proven), records.Count(r => r.Failed));
        var scale = new TimeScale(records[0].StartedAt, report.Status.At);
        var description = $"{Words.Count(records.Count, "verification", "verifications")} since {Words.Text(records[0].StartedAt, "yyyy-MM-dd")}: {proven} proved a set by restoring it, {failed} failed";
        var restores = records.Where(r => r.RestoreSeconds is not null).GroupBy(r => r.Kind).Where(g => g.Count() > 1).ToList();
        return Html.Of(
            $"""
            <p>{description}.</p>
            <div class="tracks">
            {Track(scale, "proven", "one set was restored and every check passed", records.Where(r => r.Proven))}
            {(failed == 0 ? Html.Empty : Track(scale, "failed", "a check failed", records.Where(r => r.Failed)))}
            {TrackChart.Axis(scale)}</div>
            <div class="charts">{restores.Select(g => ColumnChart.Of($"restore-{g.Key}", $"{g.Key}: restore took", scale, [.. g.Select(r => (r.StartedAt, r.RestoreSeconds!.Value))], v => Words.Took(v)))}</div>
            {HtmlTable.Of("The newest verifications", Columns, records.Reverse().Take(MostRows).Select(Row))}
            {(records.Count > MostRows ? Html.Of($"<p class=\"note\">{Words.Count(records.Count - MostRows, "older one is", "older ones are")} in the JSON.</p>") : Html.Empty)}
            """);
    }

    private static Html Track(TimeScale scale, string name, string meaning, IEnumerable<VerificationRecord> records)
    {
        var points = records.Select(r => r.StartedAt).ToList();
        var description = Words.Count(points.Count, "time", "times");
        return Html.Of(
            $"""
            <div class="row {name}"><h3>{name}</h3>
            {TrackChart.Of($"verified-{name}", name, $"{meaning}: {description}", scale, new ComponentTimeline { Name = name, Meaning = meaning, Points = points })}<p class="note">{description}</p></div>

            """);
    }

    private static IReadOnlyList<Html> Row(VerificationRecord record) =>
    [
        Words.Time(record.CompletedAt), Html.Of($"{record.Kind} {Words.Id(record.SetId)}"), Result(record), Html.Of($"{record.Target}"),
        Html.Of($"{Words.Took(record.RestoreSeconds)}"), Checks(record),
    ];

    private static Html Result(VerificationRecord record) =>
        record.Proven ? Words.Badge("good", "✓", "proven")
        : record.Failed ? Words.Badge("bad", "✗", "failed")
        : Words.Badge("unknown", "?", "not proven");

    private static Html Checks(VerificationRecord record)
    {
        var failed = record.Checks.Where(c => !c.Passed).ToList();
        return failed.Count == 0
            ? Html.Of($"{Words.Count(record.Checks.Count, "check", "checks")} passed")
            : Html.Of($"{failed.Select(c => Html.Of($"<p class=\"bad\"><b>{c.Name}</b>: {c.Detail}</p>"))}");
    }
}
