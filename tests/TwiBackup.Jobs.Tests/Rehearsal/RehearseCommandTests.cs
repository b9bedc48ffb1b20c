using System.Text.Json;
using TwiBackup.Commands;
using TwiBackup.Rehearsal;
using TwiBackup.Sealing;
using TwiBackup.Tests.Invariants;

namespace TwiBackup.Tests.Rehearsal;

/// <summary><c>twibackup rehearse</c> as a person or a schedule runs it.</summary>
public sealed class RehearseCommandTests
{
    [Theory]
    [InlineData("--scenario", "no-such")]
    [InlineData("--all", "--scenario", "lost-host")]
    [InlineData("--kills", "0")]
    [InlineData("--rpo", "soon")]
    [InlineData("--rto", "-5s")]
    [InlineData("--size", "much")]
    [InlineData("--scratch", "/tmp")]
    [InlineData("--isolated", "--scenario", "ransomware")]
    [InlineData("--isolated", "--all")]
    [InlineData("--isolated", "--store", "file:///x")]
    [InlineData("--isolated", "--alert")]
    public void What_makes_no_sense_is_refused(params string[] arguments) =>
        Assert.NotEmpty(Program.CreateRoot().Parse(["rehearse", .. arguments]).Errors);

    [Theory]
    [InlineData("--all", "--kills", "2", "--rpo", "5s", "--rto", "10m", "--json", "x")]
    [InlineData("--scenario", "lost-region", "--store", "s3://a/b", "--replica", "s3://c/d", "--seed", "7")]
    // What the schedule of the recovery region runs.
    [InlineData("--scenario", "lost-region", "--isolated")]
    [InlineData("--record", "--policy", "x")]
    public void What_makes_sense_is_taken(params string[] arguments) =>
        Assert.Empty(Program.CreateRoot().Parse(["rehearse", .. arguments]).Errors);

    [Fact]
    public async Task A_missed_objective_is_exit_code_3_and_recorded_by_the_verifier()
    {
        await using var system = await CommandLine.StartAsync();
        var file = Path.Combine(system.Folder, "report.json");
        var outcome = await system.RunAsync("rehearse", "--scenario", "lost-host", "--kills", "1", "--size", "20MB", "--rpo", "1ms", "--record", "--json", file);
        Assert.Equal((int)ExitCode.ObjectiveMissed, outcome.ExitCode);
        Assert.Contains("An objective or a check was missed", outcome.Output, StringComparison.Ordinal);

        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(file, CommandLine.Cancellation));
        Assert.False(json.RootElement.GetProperty("met").GetBoolean());
        var recorded = Assert.Single(await new RehearsalLog(system.Store.Store, CommandLine.System, [system.Keys.SigningPublic]).ListAsync(CommandLine.Cancellation));
        Assert.Equal(json.RootElement.GetProperty("id").GetString(), recorded.Id);
        var database = recorded.Components.Single(c => c.Name == "database");
        Assert.Equal((0.001, false), (database.RpoObjectiveSeconds, database.Met));
        // The other objectives are the policy's.
        Assert.Equal(7200, recorded.Components.Single(c => c.Name == "system").RtoObjectiveSeconds);
        Assert.Empty(await new RehearsalLog(system.Store.Store, CommandLine.System, [SigningKey.Generate().Public]).ListAsync(CommandLine.Cancellation));
    }

    [Fact]
    public async Task What_could_not_be_recorded_is_not_begun()
    {
        await using var system = await CommandLine.StartAsync();
        await system.WritePolicyAsync(policy => policy["keys"]!.AsObject().Remove("verifierKey"));
        var outcome = await system.RunAsync("rehearse", "--record");
        Assert.Equal((int)ExitCode.WrongUse, outcome.ExitCode);
        Assert.Contains("keys.verifierKey", outcome.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_isolated_drill_recovers_what_is_really_there_and_writes_nothing_but_its_record()
    {
        await using var system = await CommandLine.StartAsync();
        await system.Server.ExecuteAsync("postgres", "create table messages(at timestamptz default now(), content text)", "insert into messages(content) select g::text from generate_series(1, 1000) g");
        Assert.Equal(0, (await system.RunAsync("backup", "database")).ExitCode);
        await system.WritePolicyAsync(policy => policy["database"]!["heartbeat"] = new System.Text.Json.Nodes.JsonObject { ["table"] = "public.messages", ["column"] = "at" });
        var before = Directory.GetFiles(system.Store.Root, "*", SearchOption.AllDirectories).Where(f => !f.Contains(".twibackup", StringComparison.Ordinal)).ToHashSet();
        var outcome = await system.RunAsync("rehearse", "--scenario", "lost-region", "--isolated", "--scratch", system.Folder);
        Assert.True(outcome.ExitCode == 0, outcome.Errors + outcome.Output);

        var report = Assert.Single(await new RehearsalLog(system.Store.Store, CommandLine.System, [system.Keys.SigningPublic]).ListAsync(CommandLine.Cancellation));
        Assert.True(report.Met);
        Assert.Equal((CommandLine.System, "lost-region"), (report.System, report.Scenario));
        Assert.Contains(report.Checks, c => c is { Name: "postgres: heartbeat", Passed: true });
        Assert.Contains(report.Checks, c => c.Name == "postgres: every row can be read" && c.Detail.StartsWith("1000 rows", StringComparison.Ordinal));
        Assert.InRange(report.Components.Single(c => c.Name == "database").RpoSeconds!.Value, 0.01, 3600);
        var after = Directory.GetFiles(system.Store.Root, "*", SearchOption.AllDirectories).Where(f => !f.Contains(".twibackup", StringComparison.Ordinal));
        Assert.Equal(2, after.Count(f => !before.Contains(f)));
        Assert.Empty(Directory.GetDirectories(system.Folder, "twibackup-drill-*"));
        // The living system was not touched.
        Assert.Equal("1000", await system.Server.ScalarAsync("select count(*) from messages"));
    }

    [Fact]
    public async Task An_isolated_drill_that_can_not_recover_is_a_failed_rehearsal_and_recorded()
    {
        await using var system = await CommandLine.StartAsync();
        Assert.Equal(0, (await system.RunAsync("backup", "database")).ExitCode);
        var volume = Directory.GetFiles(system.Store.Root, "base.*", SearchOption.AllDirectories).Single();
        File.Delete(volume);
        var outcome = await system.RunAsync("rehearse", "--isolated", "--scratch", system.Folder);
        Assert.True(outcome.ExitCode == (int)ExitCode.ObjectiveMissed, outcome.Errors);
        var report = Assert.Single(await new RehearsalLog(system.Store.Store, CommandLine.System, [system.Keys.SigningPublic]).ListAsync(CommandLine.Cancellation));
        Assert.NotNull(report.Failure);
        Assert.False(report.Met);
    }
}
