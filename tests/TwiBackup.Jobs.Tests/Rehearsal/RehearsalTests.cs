using System.Text.Json;
using TwiBackup.Progress;
using TwiBackup.Rehearsal;
using TwiBackup.Tests.Postgres;

namespace TwiBackup.Tests.Rehearsal;

/// <summary>The rehearsal itself, on small data: it meets its objectives, and it says so when it does not.</summary>
public sealed class RehearsalTests
{
    [Fact]
    public async Task A_host_lost_twice_is_recovered_from_the_store_alone()
    {
        var report = await RunAsync("lost-host", new RehearsalOptions { Kills = 2, Environment = TestEnvironment.Variables });
        Assert.True(report.Met, string.Join(" | ", report.Checks.Where(c => !c.Passed)));
        Assert.Equal(2, report.Disasters);
        var database = report.Components.Single(c => c.Name == "database");
        // The receiver puts tails each second; what is measured is never nothing, for the last beat is always before the kill.
        Assert.InRange(database.RpoSeconds!.Value, 0.000_001, 60);
        Assert.InRange(database.RtoSeconds!.Value, 0.1, 600);
        Assert.Equal(["detect", "provision", "base", "replay", "open", "verified"], report.Stages.Select(s => s.Name));
        Assert.Equal(database.RtoSeconds!.Value, report.Stages.Sum(s => s.Seconds), 0.01);
        Assert.Contains(report.Checks, c => c.Name.StartsWith("heartbeats", StringComparison.Ordinal));

        // The report as it is written.
        using var json = JsonDocument.Parse(JsonSerializer.SerializeToUtf8Bytes(report, RehearsalJson.Default.RehearsalReport));
        var root = json.RootElement;
        foreach (var name in (string[])["format", "id", "scenario", "startedAt", "completedAt", "components", "stages", "bytes", "checks", "met"])
            Assert.True(root.TryGetProperty(name, out _), name);
        Assert.Equal("lost-host", root.GetProperty("scenario").GetString());
        foreach (var name in (string[])["name", "rpoSeconds", "rpoObjectiveSeconds", "rtoSeconds", "rtoObjectiveSeconds", "met"])
            Assert.All(root.GetProperty("components").EnumerateArray(), c => Assert.True(c.TryGetProperty(name, out _), name));
        Assert.All(root.GetProperty("stages").EnumerateArray(), s => Assert.True(s.GetProperty("seconds").GetDouble() >= 0 && s.GetProperty("name").GetString()!.Length > 0));
        Assert.All(root.GetProperty("checks").EnumerateArray(), c => Assert.True(c.GetProperty("passed").GetBoolean() && c.GetProperty("name").GetString()!.Length > 0 && c.TryGetProperty("detail", out _)));
        Assert.True(root.GetProperty("met").GetBoolean());
    }

    [Fact]
    public async Task An_objective_that_was_missed_is_said()
    {
        var report = await RunAsync("lost-host", new RehearsalOptions
        {
            Kills = 1,
            DatabaseRpo = TimeSpan.FromTicks(10),
            DatabaseRto = TimeSpan.FromMilliseconds(1),
            Environment = TestEnvironment.Variables,
        });
        Assert.False(report.Met);
        Assert.False(report.Components.Single(c => c.Name == "database").Met);
        Assert.True(report.Components.Single(c => c.Name == "bot").Met);
        Assert.All(report.Checks, c => Assert.True(c.Passed, c.Detail));
    }

    [Fact]
    public async Task A_dropped_table_comes_back_and_nothing_else_is_lost()
    {
        var report = await RunAsync("bad-migration", new RehearsalOptions { Environment = TestEnvironment.Variables });
        Assert.True(report.Met, string.Join(" | ", report.Checks.Where(c => !c.Passed)));
        Assert.Contains(report.Checks, c => c.Name == "the table is back");
        Assert.Contains(report.Checks, c => c.Name == "nothing else was lost");
    }

    [Theory]
    [InlineData(null, 10.0, false)]
    [InlineData(5.0, 10.0, true)]
    [InlineData(10.0, 10.0, true)]
    [InlineData(10.1, 10.0, false)]
    [InlineData(null, null, true)]
    public void What_could_not_be_measured_is_not_met(double? measured, double? objective, bool met) => Assert.Equal(
        met,
        ComponentResult.Of(
            "x", measured is { } m ? TimeSpan.FromSeconds(m) : null, objective is { } o ? TimeSpan.FromSeconds(o) : null, TimeSpan.Zero, TimeSpan.MaxValue).Met);

    private static Task<RehearsalReport> RunAsync(string scenario, RehearsalOptions options) => Scenarios.RunAsync(
        scenario,
        options with { Size = 20_000_000, Load = TimeSpan.FromSeconds(1), Program = Path.Combine(AppContext.BaseDirectory, "twibackup") },
        SilentProgress.Instance,
        TestContext.Current.CancellationToken);
}
