using System.Text.Json;
using TwiBackup.Rehearsal;
using TwiBackup.Reports;

namespace TwiBackup.Tests.Reports;

/// <summary>The page of one rehearsal run, or of several scenarios.</summary>
public sealed class RehearsalPageTests
{
    private static readonly RehearsalReport Met = SampleReports.Rehearsed("lost-host", SampleReports.Now, 0.24, 6.25);
    private static readonly RehearsalReport Missed = SampleReports.Broken().Rehearsals[^1];

    [Fact]
    public void One_run_says_what_its_JSON_says()
    {
        var page = PageReader.Read(RehearsalPage.Render([Missed]));
        using var json = JsonDocument.Parse(JsonSerializer.SerializeToUtf8Bytes(Missed, RehearsalJson.Default.RehearsalReport));
        var root = json.RootElement;
        Assert.False(root.GetProperty("met").GetBoolean());
        Assert.Equal("bad", page.QuerySelector("header")!.ClassName);
        Assert.Equal(
            "Database: lost 1 h 15 min of writes (objective 1 h), back after 2 h 20 min (objective 2 h); 2 objectives were missed, and 1 of 2 checks failed.",
            page.QuerySelector("#sentence")!.Words());
        Assert.Equal(root.GetProperty("components").EnumerateArray().Select(c => c.GetProperty("name").GetString()), page.Rows("table").Select(r => r["Component"]));
        Assert.Equal(["✗ missed", "✗ missed"], page.Rows("table").Select(r => r["Objectives"]));
        Assert.Equal(root.GetProperty("stages").EnumerateArray().Select(s => s.GetProperty("name").GetString()), page.Rows("table.stages").Select(r => r["Stage"]));
        var checks = page.Rows("#scenario-1-checks table");
        Assert.Equal(root.GetProperty("checks").EnumerateArray().Select(c => c.GetProperty("detail").GetString()), checks.Select(r => r["What was found"]));
        Assert.Equal(["✗ failed", "✓ passed"], checks.Select(r => r["Result"]));
        foreach (var fact in (string[])["store", "postgres", "id", "tool"])
            Assert.Contains(root.GetProperty(fact).GetString()!, page.Body!.Words(), StringComparison.Ordinal);
    }

    [Fact]
    public void Each_stage_of_the_waterfall_begins_where_the_one_before_ended()
    {
        var page = PageReader.Read(RehearsalPage.Render([Met]));
        var bars = page.QuerySelectorAll("table.stages rect.period").Select(r => (From: Percent(r.GetAttribute("x")!), Width: Percent(r.GetAttribute("width")!))).ToList();
        Assert.Equal(Met.Stages.Count, bars.Count);
        Assert.All(bars.Zip(bars.Skip(1)), pair => Assert.Equal(pair.First.From + pair.First.Width, pair.Second.From, 0.01));
        Assert.Equal((0, 100), (bars[0].From, Math.Round(bars[^1].From + bars[^1].Width, 2)));

        static double Percent(string text) => double.Parse(text.TrimEnd('%'), System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Several_are_summed_up_and_each_is_whole()
    {
        var page = PageReader.Read(RehearsalPage.Render([Met, Met with { Scenario = "lost-region" }]));
        Assert.Equal("All 2 disasters were survived: every objective was met and every check passed.", page.QuerySelector("#sentence")!.Words());
        Assert.Equal(["lost-host", "lost-host", "lost-region", "lost-region"], page.Rows("#all table").Select(r => r["Scenario"]));
        Assert.Equal(2, page.QuerySelectorAll("table.stages").Length);
        page = PageReader.Read(RehearsalPage.Render([Met, Missed with { Scenario = "ransomware" }]));
        Assert.Equal("1 of 2 scenarios missed an objective or a check: ransomware.", page.QuerySelector("#sentence")!.Words());
    }

    [Fact]
    public void What_could_not_be_measured_is_said()
    {
        var page = PageReader.Read(RehearsalPage.Render([Met with { Components = [ComponentResult.Of("database", null, TimeSpan.FromHours(1), TimeSpan.FromSeconds(5), null)], Stages = [] }]));
        Assert.StartsWith("Database: what was lost could not be measured, back after 5 s; 1 objective was missed", page.QuerySelector("#sentence")!.Words(), StringComparison.Ordinal);
        Assert.Equal("not measured of 1 h", page.Rows("table")[0]["Lost (RPO)"]);
        Assert.Contains("No stage was timed", page.Body!.Words(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_recovery_that_came_to_no_end_says_why_and_what_was_done()
    {
        var report = Met with { Components = [], Stages = [], Checks = [], Failure = "No set is left that can be opened.", Notes = ["12 objects were deleted", "fell back to the set before"] };
        var page = PageReader.Read(RehearsalPage.Render([report]));
        Assert.Equal("The recovery came to no end.", page.QuerySelector("#sentence")!.Words());
        Assert.Equal(("bad", "No set is left that can be opened."), (page.QuerySelector("header")!.ClassName, page.QuerySelector(".problem")!.Words()));
        Assert.Equal(report.Notes, page.QuerySelectorAll(".notes li").Select(PageReader.Words));
        Assert.Equal("No set is left that can be opened.", RehearsalOutcomes.Of(report).Problem);
        Assert.Equal(["lost-region database ✓ met", "lost-region bot ✓ met", "lost-host – ✗ came to no end"], PageReader.Read(RehearsalPage.Render([Met with { Scenario = "lost-region" }, report])).Rows("#all table").Select(r => $"{r["Scenario"]} {r["Component"]} {r["Result"]}"));
    }

    [Fact]
    public void Whatever_things_are_called_is_text()
    {
        var harmless = PageReader.Read(RehearsalPage.Render([SampleReports.Hostile(Missed, "harmless"), Met]));
        foreach (var name in (string[])["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "</style><b>", new string('x', 4000)])
            Assert.Equal(harmless.Structure(), PageReader.Read(RehearsalPage.Render([SampleReports.Hostile(Missed, name), Met])).Structure());
    }
}
