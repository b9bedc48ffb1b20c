using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AngleSharp.Dom;
using TwiBackup.Reports;

namespace TwiBackup.Tests.Reports;

/// <summary>The page says what the JSON says, loads nothing, and lets nothing that it shows become anything but text.</summary>
public sealed class SystemPageTests
{
    private static readonly string[] Evil =
    [
        "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)", "</style><script>alert(1)</script>", "</title></svg><b>", "javascript:alert(1)",
        "<!-- ", "]]>", "&lt;script&gt;", "{{7*7}}", "a\nb\u0000c", new string('x', 4000),
    ];

    public static TheoryData<string> All => ["good", "broken", "empty", "thousands"];

    [Theory]
    [MemberData(nameof(All))]
    public void It_says_what_the_JSON_says(string name)
    {
        var report = Sample(name);
        var page = PageReader.Read(SystemPage.Render(report));
        using var document = JsonDocument.Parse(JsonSerializer.Serialize(report, ReportJson.Default.SystemReport));
        var json = document.RootElement;
        var status = json.GetProperty("status");

        Assert.Equal(Text(json.GetProperty("summary"), "sentence"), page.QuerySelector("#sentence")!.Words());
        Assert.Equal(Text(status, "system"), page.QuerySelector("h1")!.Words());
        Assert.Contains(Text(status, "store"), page.QuerySelector("header")!.Words(), StringComparison.Ordinal);
        Components(page, status);
        Gaps(page, json.GetProperty("history"));
        Sets(page, json.GetProperty("history"));
        Verifications(page, json.GetProperty("history"));
        Rehearsals(page, json.GetProperty("rehearsals"));
        NextRuns(page, json.GetProperty("nextRuns"));
        if (status.TryGetProperty("replica", out var replica))
        {
            var text = page.QuerySelector("#replica")!.Words();
            Assert.Contains(PageReader.Plain(Text(replica, "detail")), text, StringComparison.Ordinal);
            Assert.Contains($"{replica.GetProperty("count").GetInt32()} sets are whole there", text, StringComparison.Ordinal);
            Assert.Equal(replica.GetProperty("missing").EnumerateArray().Select(m => m.GetString()), page.QuerySelectorAll("#replica li").Select(PageReader.Words));
        }
        else
        {
            Assert.Null(page.QuerySelector("#replica"));
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Whoever_does_not_see_it_is_told_what_it_shows(string name)
    {
        var page = PageReader.Read(SystemPage.Render(Sample(name), live: true));
        var ids = page.QuerySelectorAll("[id]").Select(e => e.Id).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        foreach (var picture in page.QuerySelectorAll("svg:not([aria-hidden])"))
        {
            Assert.Equal("img", picture.GetAttribute("role"));
            Assert.All(picture.GetAttribute("aria-labelledby")!.Split(' '), id => Assert.NotEmpty(page.GetElementById(id)!.Words()));
        }

        Assert.All(page.QuerySelectorAll("svg[aria-hidden]"), picture => Assert.Empty(picture.QuerySelectorAll("title, desc, a")));
        Assert.All(page.QuerySelectorAll("a[href^='#']"), link => Assert.NotNull(page.GetElementById(link.GetAttribute("href")![1..])));
        Assert.All(page.QuerySelectorAll("table"), table => Assert.NotEmpty(table.QuerySelector("caption")!.Words()));
        Assert.Single(page.QuerySelectorAll("h1"));
        var levels = page.QuerySelectorAll("h1, h2, h3").Select(h => h.LocalName[1] - '0').ToList();
        Assert.All(levels.Zip(levels.Skip(1)), pair => Assert.True(pair.Second <= pair.First + 1));
        // Colour is never alone: each badge has a word, each bar its numbers beside it.
        Assert.All(page.QuerySelectorAll(".badge"), badge => Assert.Matches("[a-z]{3}", badge.Words()));
        Assert.All(page.QuerySelectorAll("svg.bar"), bar => Assert.Matches("[0-9]", bar.ParentElement!.Words()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void It_loads_nothing_and_says_so_to_the_browser(bool live)
    {
        var page = PageReader.Read(SystemPage.Render(SampleReports.Broken(), live));
        foreach (var element in page.All)
        {
            Assert.DoesNotContain(element.Attributes, a => a.Name is "src" or "srcset" or "action" or "style" or "background" or "poster" or "data" || a.Name.StartsWith("on", StringComparison.Ordinal));
            if (element.GetAttribute("href") is { } link)
                Assert.True(link.StartsWith('#') || link.StartsWith("data:image/svg+xml,", StringComparison.Ordinal) || (live && link == "report.json"), link);
        }

        var policy = page.QuerySelector("meta[http-equiv='Content-Security-Policy']")!.GetAttribute("content")!;
        Assert.StartsWith($"default-src 'none'; style-src '{Sha256(page.QuerySelector("style")!.TextContent)}';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("@import", page.QuerySelector("style")!.TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain("url(", page.QuerySelector("style")!.TextContent, StringComparison.Ordinal);
        Assert.Equal(live ? 1 : 0, page.QuerySelectorAll("script").Length);
        if (live)
            Assert.EndsWith($"script-src '{Sha256(page.QuerySelector("script")!.TextContent)}'; connect-src 'self'", policy, StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_things_are_called_is_text()
    {
        var harmless = PageReader.Read(SystemPage.Render(SampleReports.Hostile("harmless"), live: true, "harmless"));
        foreach (var name in Evil)
        {
            var page = PageReader.Read(SystemPage.Render(SampleReports.Hostile(name), live: true, name));
            Assert.Equal(harmless.Structure(), page.Structure());
            Assert.Equal(harmless.QuerySelector("style")!.TextContent, page.QuerySelector("style")!.TextContent);
            Assert.Equal(harmless.QuerySelector("script")!.TextContent, page.QuerySelector("script")!.TextContent);
            Assert.Equal(PageReader.Plain(name).Replace('\0', '\ufffd'), page.QuerySelector("#sentence")!.Words());
        }
    }

    [Fact]
    public void Years_of_history_make_a_page_below_a_megabyte_in_less_than_a_second()
    {
        var report = SampleReports.Thousands();
        var (html, took) = ("", TimeSpan.MaxValue);
        // Others may keep the machine busy: the best of some is what the page itself takes.
        for (var i = 0; i < 5 && took > TimeSpan.FromSeconds(1); i++)
        {
            var watch = Stopwatch.StartNew();
            html = SystemPage.Render(report, live: true);
            took = watch.Elapsed;
        }

        Assert.InRange(took.TotalSeconds, 0, 1);
        Assert.InRange(Encoding.UTF8.GetByteCount(html), 50_000, 1_000_000);
    }

    [Fact]
    public void What_is_not_of_now_is_said_at_the_top()
    {
        var page = PageReader.Read(SystemPage.Render(SampleReports.Good(), live: true, "s3://bucket can't be reached."));
        Assert.Equal("s3://bucket can't be reached. What follows is as of then.", page.QuerySelector("[role=alert]")!.Words());
        Assert.Equal("unknown", page.QuerySelector("header")!.ClassName);
        page = PageReader.Read(SystemPage.Unreadable("twi-bot", "twibackup", "s3://bucket can't be reached."));
        Assert.Equal("s3://bucket can't be reached.", page.QuerySelector("[role=alert]")!.Words());
    }

    [Fact]
    public void The_first_sentence_says_what_would_come_back_and_which_promises_are_broken()
    {
        Assert.Equal("If everything were lost now, the database would come back as it was 12 s ago; every promise is kept.", SampleReports.Good().Summary.Sentence);
        Assert.Equal(
            "If everything were lost now, the database would come back as it was 5 h 3 min ago; 4 of 10 promises are broken (full, wal, configuration, rehearsal).",
            SampleReports.Broken().Summary.Sentence);
        Assert.Equal("If everything were lost now, the database could not be recovered; 2 of 4 promises are broken (full, wal).", SampleReports.Empty().Summary.Sentence);
    }

    private static void Components(IDocument page, JsonElement status)
    {
        var components = status.GetProperty("components").EnumerateArray().ToList();
        var rows = page.Rows("#components table");
        Assert.Equal(components.Select(c => Text(c, "name")), rows.Select(r => r["Component"]));
        var doing = page.QuerySelectorAll(".attention li").Select(PageReader.Words).ToList();
        foreach (var (c, row) in components.Zip(rows))
        {
            var state = Text(c, "state");
            Assert.StartsWith(state switch { "Good" => "✓ kept", "Missed" => "✗ missed", _ => "? unknown" }, row["Promise"], StringComparison.Ordinal);
            var detail = PageReader.Plain(Text(c, "detail"));
            if (state == "Good")
                Assert.EndsWith(detail, row["Promise"], StringComparison.Ordinal);
            else
                Assert.Contains($"{Text(c, "name")}: {detail}", doing);
            Assert.StartsWith(Minute(c, "at") ?? "none", row["Newest"], StringComparison.Ordinal);
            Assert.Equal(Minute(c, "provenAt") ?? "–", row["Last proven"]);
            Assert.Equal(Minute(c, "overdueSince") is { } due ? $"overdue since {due}" : Minute(c, "nextRun") ?? "–", row["Next run"]);
            if (c.TryGetProperty("objectiveSeconds", out var objective) && c.TryGetProperty("ageSeconds", out var age))
                Assert.EndsWith(PageReader.Plain($"{Words.Age(age.GetDouble())} of {Words.Promised(objective.GetDouble())}"), row["Newest"], StringComparison.Ordinal);
            if (c.TryGetProperty("restoreBytes", out var bytes))
                Assert.EndsWith(PageReader.Plain($"reads {Words.Bytes(bytes.GetInt64())}"), row["A restore takes"], StringComparison.Ordinal);
            if (c.TryGetProperty("expectedRestoreSeconds", out var seconds))
                Assert.StartsWith(PageReader.Plain($"about {Words.Age(seconds.GetDouble())}"), row["A restore takes"], StringComparison.Ordinal);
        }
    }

    private static void Gaps(IDocument page, JsonElement history)
    {
        var timelines = history.GetProperty("timelines").EnumerateArray().ToList();
        Assert.Equal(timelines.Select(t => Text(t, "name")), page.QuerySelectorAll("#window .row h3").Select(PageReader.Words));
        var gaps = timelines.SelectMany(t => t.GetProperty("gaps").EnumerateArray().Select(g => (Text(t, "name"), Minute(g, "from"), Minute(g, "to"), Text(g, "reason")))).ToList();
        if (gaps.Count == 0)
        {
            Assert.Empty(page.QuerySelectorAll("#window table"));
            return;
        }

        var shown = page.Rows("#window table").Select(r => (r["Component"], (string?)r["From"], (string?)r["To"], r["Why"])).ToList();
        Assert.Equal(Math.Min(gaps.Count, 20), shown.Count);
        Assert.Empty(shown.Except(gaps));
        Assert.NotEmpty(page.QuerySelectorAll("#window rect.gap"));
    }

    private static void Sets(IDocument page, JsonElement history)
    {
        foreach (var kind in history.GetProperty("sets").EnumerateArray().GroupBy(s => Text(s, "kind")))
        {
            var rows = page.Rows($"#sets-{kind.Key} table");
            var newest = kind.OrderByDescending(s => s.GetProperty("at").GetDateTimeOffset()).Take(30).ToList();
            Assert.Equal(newest.Select(s => Text(s, "id")), rows.Select(r => r["Set"]));
            Assert.Equal(newest.Select(s => PageReader.Plain(Words.Bytes(s.GetProperty("storedBytes").GetInt64()))), rows.Select(r => r["Stored"]));
            Assert.Equal(newest.Select(s => Minute(s, "provenAt") ?? "not yet"), rows.Select(r => r["Last proven"]));
        }
    }

    private static void Verifications(IDocument page, JsonElement history)
    {
        var records = history.GetProperty("verifications").EnumerateArray().Reverse().Take(20).ToList();
        if (records.Count == 0)
        {
            Assert.Contains("Nothing was verified yet", page.QuerySelector("#verification")!.Words(), StringComparison.Ordinal);
            return;
        }

        var rows = page.Rows("#verification table");
        Assert.Equal(records.Select(r => $"{Text(r, "kind")} {Text(r, "setId")}"), rows.Select(r => r["Set"]));
        Assert.Equal(records.Select(r => r.GetProperty("proven").GetBoolean() ? "✓ proven" : "✗ failed"), rows.Select(r => r["Result"]));
        foreach (var (record, row) in records.Zip(rows))
            Assert.All(record.GetProperty("checks").EnumerateArray().Where(c => !c.GetProperty("passed").GetBoolean()), c => Assert.Contains(Text(c, "detail"), row["Checks"], StringComparison.Ordinal));
    }

    private static void Rehearsals(IDocument page, JsonElement rehearsals)
    {
        if (rehearsals.GetArrayLength() == 0)
        {
            Assert.Contains("No disaster was rehearsed yet", page.QuerySelector("#rehearsal")!.Words(), StringComparison.Ordinal);
            return;
        }

        var newest = rehearsals.EnumerateArray().Last();
        var components = newest.GetProperty("components").EnumerateArray().ToList();
        var rows = page.Rows("#rehearsal table");
        Assert.Equal(components.Select(c => Text(c, "name")), rows.Select(r => r["Component"]));
        Assert.Equal(components.Select(c => Measured(c, "rpo")), rows.Select(r => r["Lost (RPO)"]));
        Assert.Equal(components.Select(c => Measured(c, "rto")), rows.Select(r => r["Back after (RTO)"]));
        var stages = page.Rows("#rehearsal table.stages");
        Assert.Equal(newest.GetProperty("stages").EnumerateArray().Select(s => Text(s, "name")), stages.Select(r => r["Stage"]));
        Assert.Equal(newest.GetProperty("stages").EnumerateArray().Select(s => PageReader.Plain(Words.Took(s.GetProperty("seconds").GetDouble()))), stages.Select(r => r["Took"]));
    }

    private static void NextRuns(IDocument page, JsonElement runs)
    {
        var rows = page.Rows("#next table");
        Assert.Equal(runs.EnumerateArray().Select(r => Text(r, "job")), rows.Select(r => r["Job"]));
        Assert.Equal(runs.EnumerateArray().Select(r => r.GetProperty("times").EnumerateArray().Select(t => (DateTimeOffset?)t.GetDateTimeOffset()).FirstOrDefault() is { } time ? Minute(time) : "–"), rows.Select(r => r["Next (UTC)"]));
    }

    private static string Measured(JsonElement component, string what)
    {
        double? value = component.TryGetProperty($"{what}Seconds", out var v) ? v.GetDouble() : null;
        double? objective = component.TryGetProperty($"{what}ObjectiveSeconds", out var o) ? o.GetDouble() : null;
        return PageReader.Plain(objective is null ? Words.Took(value) : $"{Words.Took(value)} of {Words.Promised(objective)}");
    }

    private static SystemReport Sample(string name) => name switch
    {
        "good" => SampleReports.Good(),
        "broken" => SampleReports.Broken(),
        "empty" => SampleReports.Empty(),
        _ => SampleReports.Thousands(),
    };

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static string? Minute(JsonElement element, string name) => element.TryGetProperty(name, out var time) ? Minute(time.GetDateTimeOffset()) : null;

    private static string Minute(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    private static string Sha256(string text) => $"sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}";
}
