using System.Text.Json.Nodes;
using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Tests.Invariants;
using TwiBackup.Tests.Postgres;

namespace TwiBackup.Tests.Commands;

/// <summary>Dumps as a person and the schedule take, show, prove and restore them.</summary>
public sealed class DumpCommandTests
{
    private static CancellationToken Cancellation => CommandLine.Cancellation;

    [Fact]
    public async Task A_dump_is_taken_shown_proven_restored_and_pruned_by_the_command_line()
    {
        await using var system = await CommandLine.StartAsync();
        await system.Server.ExecuteAsync("app", "create table kept as select generate_series(1, 50) as id");
        await system.WriteDumpPolicyAsync("app");
        var none = await system.RunAsync("restore", "dump", "--as", "x");
        Assert.Equal(1, none.ExitCode);
        Assert.Contains("twibackup backup dump", none.Reason, StringComparison.Ordinal);

        var taken = await GoodAsync(system, "backup", "dump");
        Assert.Contains("50 rows of app", taken.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("timeline", taken.Output, StringComparison.Ordinal);
        await GoodAsync(system, "schedule", "--once", "dump");
        var sets = JsonNode.Parse((await GoodAsync(system, "list", "dump", "--json")).Output)!["sets"]!.AsArray();
        Assert.Equal(2, sets.Count);
        Assert.Contains("dump", (await GoodAsync(system, "status")).Output, StringComparison.Ordinal);

        var proven = await GoodAsync(system, "verify", "dump", "--scratch", system.Folder);
        Assert.Contains("is proven", proven.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await system.RunAsync("verify", "dump", "--structure")).ExitCode);
        Assert.NotNull(JsonNode.Parse((await GoodAsync(system, "list", "dump", "--json")).Output)!["sets"]![1]!["provenAt"]);

        var occupied = await system.RunAsync("restore", "dump");
        Assert.Equal((int)ExitCode.WrongUse, occupied.ExitCode);
        Assert.Contains("--replace", occupied.Reason, StringComparison.Ordinal);
        var beside = await GoodAsync(system, "restore", "dump", "--as", "beside");
        Assert.Contains("50 rows in 1 tables", beside.Output, StringComparison.Ordinal);
        Assert.Equal("50", await system.Server.ScalarAsync("select count(*) from kept", "beside"));
        var replaced = await GoodAsync(system, "restore", "dump", "--replace", "--disconnect");
        Assert.Contains("Kept aside: app.twibackup-", replaced.Output, StringComparison.Ordinal);
        await system.Server.ExecuteAsync("app", "drop table kept");
        var table = await GoodAsync(system, "restore", "dump", "--table", "kept");
        Assert.Contains("public.kept", table.Output, StringComparison.Ordinal);
        Assert.Equal("50", await system.Server.ScalarAsync("select count(*) from kept", "app"));

        Assert.Contains("Nothing is due", (await GoodAsync(system, "prune")).Output, StringComparison.Ordinal);
        Assert.Equal(2, (await system.Catalog.ListAsync(SetKind.Dump, Cancellation)).Sets.Count);
    }

    [Fact]
    public async Task A_server_is_named_without_its_password()
    {
        await using var system = await CommandLine.StartAsync();
        await system.WriteDumpPolicyAsync("app");
        await GoodAsync(system, "backup", "dump");
        await using var target = await TestPostgres.StartAsync();
        await target.ExecuteAsync("postgres", "create role restorer superuser login password 'it is secret'", "drop database app");
        var to = $"host=127.0.0.1 port={target.Port} user=restorer dbname=postgres sslmode=disable";
        foreach (var (arguments, said) in ((string[], string)[])
            [
                (["--to", $"postgresql://restorer:it%20is%20secret@127.0.0.1:{target.Port}/postgres"], "--to holds a password"),
                (["--to", to, "--password", "it is secret"], "never the password itself"),
                (["--password", "env:TWI_TEST_PASSWORD"], "belongs to --to"),
            ])
        {
            var refused = await system.RunAsync(["restore", "dump", .. arguments]);
            Assert.Equal((int)ExitCode.WrongUse, refused.ExitCode);
            Assert.Contains(said, refused.Reason, StringComparison.Ordinal);
            Assert.DoesNotContain("secret", refused.Errors, StringComparison.Ordinal);
        }

        var file = Path.Combine(system.Folder, "password");
        await File.WriteAllTextAsync(file, "it is secret\n", Cancellation);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var restored = await GoodAsync(system, "restore", "dump", "--to", to, "--password", $"file:{file}");
        Assert.Contains($"127.0.0.1:{target.Port}", restored.Output, StringComparison.Ordinal);
        Assert.Equal("app", await target.ScalarAsync("select current_database()::text", "app"));
    }

    /// <summary>Fault 7, by the kernel: a job killed while production is to be replaced.</summary>
    [Fact]
    public async Task A_restore_killed_in_the_middle_leaves_production_and_a_line_about_what_it_left()
    {
        await using var system = await CommandLine.StartAsync();
        await system.Server.ExecuteAsync("app", "create table kept as select i as id, repeat(md5(i::text), 20) as t from generate_series(1, 20000) i");
        await system.WriteDumpPolicyAsync("app");
        await GoodAsync(system, "backup", "dump");
        const string Left = "select count(*) from pg_database where datname like 'twibackup_restore_%'";
        using (var restore = system.Start("restore", "dump", "--replace", "--disconnect"))
        {
            while (await system.Server.ScalarAsync(Left) == "0")
                Assert.False(restore.HasExited, "it was over before it was seen");
            restore.Kill(entireProcessTree: true);
            await restore.WaitForExitAsync(Cancellation);
        }

        Assert.Equal("20000", await system.Server.ScalarAsync("select count(*) from kept", "app"));
        var again = await GoodAsync(system, "restore", "dump", "--replace", "--disconnect");
        Assert.Contains("A restore that did not end left the database twibackup_restore_", again.Errors, StringComparison.Ordinal);
        Assert.Equal("20000", await system.Server.ScalarAsync("select count(*) from kept", "app"));
        Assert.Equal("1", await system.Server.ScalarAsync("select count(*) from pg_database where datname like 'app.twibackup-%'"));
    }

    [Fact]
    public async Task Beside_physical_backups_dumps_are_taken_when_the_policy_says_so()
    {
        await using var system = await CommandLine.StartAsync();
        var refused = await system.RunAsync("backup", "dump");
        Assert.Equal((int)ExitCode.WrongUse, refused.ExitCode);
        Assert.Contains("backups.dump", refused.Reason, StringComparison.Ordinal);
        await system.WritePolicyAsync(policy =>
        {
            policy["database"]!["databases"] = new JsonArray("app");
            policy["backups"]!["dump"] = new JsonObject { ["schedule"] = "0 3 * * *", ["keep"] = "30d" };
        });
        await system.Server.ExecuteAsync("postgres", "grant pg_read_all_data to replicator");
        await system.Server.ExecuteAsync("app", "create table kept as select 1 as id");
        var taken = await GoodAsync(system, "backup", "dump", "--json");
        // pg_read_all_data reads the password hashes, too.
        Assert.Equal("true", JsonNode.Parse(taken.Output)!["dump"]!["rolePasswords"]!.ToJsonString());
        Assert.Equal(0, (await system.RunAsync("backup", "database")).ExitCode);
        var listed = await GoodAsync(system, "list");
        Assert.Contains("full", listed.Output, StringComparison.Ordinal);
        Assert.Contains("dump", listed.Output, StringComparison.Ordinal);
    }

    private static async Task<CommandLine.Outcome> GoodAsync(CommandLine system, params string[] arguments)
    {
        var outcome = await system.RunAsync(arguments);
        Assert.True(outcome.ExitCode == 0, $"{string.Join(' ', arguments)}: {outcome.ExitCode}, {outcome.Output} {outcome.Errors}");
        return outcome;
    }
}
