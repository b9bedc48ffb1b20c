using System.Text.Json;
using TwiBackup.Policy;
using TwiBackup.Progress;
using TwiBackup.Rehearsal;

namespace TwiBackup.Tests.Rehearsal;

/// <summary>The rehearsal of the main disaster, on small data: it meets its objectives, and it says so when it does not.</summary>
public sealed class RehearsalTests
{
    [Fact]
    public async Task A_host_lost_twice_is_recovered_from_the_store_alone()
    {
        var report = await SmallRehearsal.RunAsync("lost-host", options => options with { Kills = 2 });
        SmallRehearsal.Met(report);
        Assert.Equal(2, report.Disasters);
        Assert.Equal(["database", "bot", "configuration", "repository", "system"], report.Components.Select(c => c.Name));
        var database = report.Components.Single(c => c.Name == "database");
        // The receiver puts tails each second; what is measured is never nothing, for the last beat is always before the kill.
        Assert.InRange(database.RpoSeconds!.Value, 0.000_001, 60);
        Assert.InRange(database.RtoSeconds!.Value, 0.1, 600);
        var system = report.Components.Single(c => c.Name == "system");
        Assert.True(system.RtoSeconds >= database.RtoSeconds);
        Assert.Equal(["detect", "provision", "repository", "configuration", "base", "replay", "open", "deploy", "verified"], report.Stages.Select(s => s.Name));
        foreach (var name in (string[])["heartbeats", "the bot can work", "repository", "configuration", "logs"])
        {
            Assert.Contains(report.Checks, c => c.Name == name);
            Assert.Contains(report.Checks, c => c.Name == $"{name} (disaster 2)");
        }

        // The report as it is written.
        using var json = JsonDocument.Parse(JsonSerializer.SerializeToUtf8Bytes(report, RehearsalJson.Default.RehearsalReport));
        var root = json.RootElement;
        foreach (var name in (string[])
            ["format", "system", "id", "scenario", "tool", "startedAt", "completedAt", "store", "postgres", "seed", "disasters", "components", "stages", "bytes", "checks", "notes", "failure", "met"])
            Assert.True(root.TryGetProperty(name, out _), name);
        Assert.Equal("lost-host", root.GetProperty("scenario").GetString());
        foreach (var name in (string[])["name", "rpoSeconds", "rpoObjectiveSeconds", "rtoSeconds", "rtoObjectiveSeconds", "met"])
            Assert.All(root.GetProperty("components").EnumerateArray(), c => Assert.True(c.TryGetProperty(name, out _), name));
        Assert.All(root.GetProperty("stages").EnumerateArray(), s => Assert.True(s.GetProperty("seconds").GetDouble() >= 0 && s.GetProperty("name").GetString()!.Length > 0));
        Assert.All(root.GetProperty("checks").EnumerateArray(), c => Assert.True(c.GetProperty("passed").GetBoolean() && c.GetProperty("name").GetString()!.Length > 0 && c.TryGetProperty("detail", out _)));
        Assert.True(root.GetProperty("met").GetBoolean());
        Assert.Equal(JsonValueKind.Null, root.GetProperty("failure").ValueKind);
    }

    [Fact]
    public async Task An_objective_that_was_missed_is_said()
    {
        var report = await SmallRehearsal.RunAsync("lost-host", options => options with
        {
            Kills = 1,
            Objectives = options.Objectives with { Database = new Objective(TimeSpan.FromTicks(10), TimeSpan.FromMilliseconds(1)) },
        });
        Assert.False(report.Met);
        Assert.False(report.Components.Single(c => c.Name == "database").Met);
        Assert.True(report.Components.Single(c => c.Name == "bot").Met);
        Assert.Null(report.Failure);
        Assert.All(report.Checks, c => Assert.True(c.Passed, c.Detail));
    }

    [Fact]
    public async Task A_system_that_can_not_be_built_is_no_rehearsal()
    {
        var failed = await Assert.ThrowsAsync<TwiBackupException>(() => SmallRehearsal.RunAsync("lost-host", options => options with
        {
            Environment = new Dictionary<string, string>(options.Environment) { ["TWIBACKUP_PG_BIN"] = "/nowhere" },
        }));
        Assert.Contains("/nowhere", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_that_can_not_be_used_is_known_before_anything_is_built()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"twi-no-store-{Guid.NewGuid():n}");
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var failed = await Assert.ThrowsAsync<TwiBackupException>(() => SmallRehearsal.RunAsync("lost-host", options => options with { Store = $"file://{folder}" }));
        Assert.Contains(folder, failed.Message, StringComparison.Ordinal);
        // Building alone takes longer than that to be noticed later, by a receiver that is waited for.
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), watch.Elapsed.ToString());
    }

    [Fact]
    public async Task One_scenario_that_can_not_be_run_does_not_keep_the_others()
    {
        var done = new List<string>();
        var suite = await Scenarios.RunAllAsync(
            SmallRehearsal.Options with { Environment = new Dictionary<string, string>(SmallRehearsal.Options.Environment) { ["TWIBACKUP_PG_BIN"] = "/nowhere" } },
            SilentProgress.Instance, report => done.Add(report.Scenario), TestContext.Current.CancellationToken);
        Assert.Equal(Scenarios.All.Keys, done);
        Assert.Equal(Scenarios.All.Keys, suite.Rehearsals.Select(r => r.Scenario));
        Assert.All(suite.Rehearsals, r => Assert.Contains("/nowhere", r.Failure, StringComparison.Ordinal));
        Assert.False(suite.Met);
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
}
