using System.Diagnostics;
using System.Text.Json.Nodes;
using TwiBackup.Postgres;
using TwiBackup.Recovery;
using TwiBackup.Tests.Invariants;
using TwiBackup.Tests.Postgres;

namespace TwiBackup.Tests.Recovery;

/// <summary><c>twibackup recover</c> as a person runs it, who is killed, makes mistakes, and goes on.</summary>
public sealed class RecoverCommandTests : IAsyncLifetime
{
    private const string Token = "token-that-deploy-may-have";
    private CommandLine system = null!;
    private string state = null!;
    private string data = null!;
    private int port;

    public async ValueTask InitializeAsync()
    {
        system = await CommandLine.StartAsync();
        state = Path.Combine(system.Folder, "state");
        var host = Path.Combine(system.Folder, "host");
        Directory.CreateDirectory(host);
        TestEnvironment.Account.Chown(host);
        data = Path.Combine(host, "data");
        port = system.Server.Port;
        await system.Server.ExecuteAsync("app", "create table rows as select generate_series(1, 1000) as id", "alter table rows owner to app");
        await system.WritePolicyAsync(policy =>
        {
            var files = Path.Combine(system.Folder, "app");
            Directory.CreateDirectory(files);
            File.WriteAllText(Path.Combine(files, ".env"), "A=1\n");
            policy["backups"]!["configuration"] = new JsonObject
            {
                ["schedule"] = "onChange",
                ["keep"] = "90d",
                ["paths"] = new JsonArray(new JsonObject { ["path"] = Path.Combine(files, ".env") }),
            };
            policy["recovery"] = new JsonObject
            {
                ["place"] = "local",
                ["dataDirectory"] = data,
                ["configurationRoot"] = Path.Combine(host, "root"),
                // The restored cluster's own configuration names no port and no address: this does.
                ["start"] = new JsonArray(Script("start", $"exec {AsServer()} {TestEnvironment.Installation.Tool("pg_ctl")} start -s -w -D {data} -l {data}/log -o '-p {port} -k {host} -h 127.0.0.1 -c fsync=off'")),
                ["deploy"] = new JsonArray(Script("deploy", "echo deployed with $DEPLOY_TOKEN; env | sed 's/=.*//' | sort | tr '\\n' ' '; echo; echo wrong >&2; echo signing $(cat keys/signing.key | tail -1)")),
                ["environment"] = new JsonArray("DEPLOY_*"),
            };
        });
        foreach (var kind in (string[])["database", "configuration"])
            Assert.Equal(0, (await system.RunAsync("backup", kind)).ExitCode);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in ServerProcesses.Find(data, null))
            ServerProcesses.Signal(process, ServerProcesses.Kill);
        while (ServerProcesses.Find(data, null).Count > 0)
            await Task.Delay(10, CommandLine.Cancellation);
        await system.DisposeAsync();
    }

    [Fact]
    public async Task Killed_while_PostgreSQL_replays_it_goes_on_and_recovers()
    {
        await LoseAsync();
        using (var running = Start("--yes"))
        {
            // Its private server has a session of its own and outlives it.
            var line = "";
            while (!line.StartsWith("replay", StringComparison.Ordinal))
                line = await running.StandardError.ReadLineAsync(CommandLine.Cancellation) ?? throw new InvalidOperationException("It ended before it replayed.");
            while (ServerProcesses.Find(data, null).Count == 0 && !running.HasExited)
                await Task.Delay(1, CommandLine.Cancellation);
            running.Kill();
            await running.WaitForExitAsync(CommandLine.Cancellation);
        }

        var begunOver = await RunAsync("--yes");
        Assert.Equal((int)ExitCode.WrongUse, begunOver.ExitCode);
        Assert.Contains("--resume", begunOver.Reason, StringComparison.Ordinal);

        // On another machine the journal is somewhere else.
        var journal = Path.Combine(Directory.CreateDirectory(Path.Combine(system.Folder, "copied")).FullName, "journal.jsonl");
        File.Copy(Path.Combine(state, "recovery-twi.jsonl"), journal);
        var outcome = await RunAsync("--resume", "--yes", "--journal", journal);
        Assert.True(outcome.ExitCode == 0, outcome.Errors);
        Assert.Contains("database", outcome.Output, StringComparison.Ordinal);
        await using var session = await QueryConnection.OpenAsync(system.Server.App, CommandLine.Cancellation);
        Assert.Equal(1000, await session.AskAsync<long>("select count(*) from rows", CommandLine.Cancellation));
        Assert.Equal("A=1\n", await File.ReadAllTextAsync(Path.Combine(system.Folder, "host/root", system.Folder.TrimStart('/'), "app/.env"), CommandLine.Cancellation));

        // What the command said came line by line, with the variables that it was given and no secret.
        Assert.Contains($"deploy: deployed with {Token}", outcome.Errors, StringComparison.Ordinal);
        Assert.Contains("deploy: DEPLOY_TOKEN HOME LANG PATH PWD", outcome.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("TWI_TEST_PASSWORD", outcome.Errors, StringComparison.Ordinal);
        Assert.Contains("deploy: wrong", outcome.Errors, StringComparison.Ordinal);
        Assert.Contains("deploy: signing ***", outcome.Errors, StringComparison.Ordinal);
        // The first full of the new timeline, and the receiver's WAL.
        Assert.Contains(await system.Catalog.ListIdsAsync(TwiBackup.Catalog.SetKind.Full, CommandLine.Cancellation), _ => true);
        Assert.Equal(2, (await system.Catalog.ListIdsAsync(TwiBackup.Catalog.SetKind.Full, CommandLine.Cancellation)).Count);
        Assert.Contains("- [x] Restore database", await File.ReadAllTextAsync(Path.ChangeExtension(journal, ".md"), CommandLine.Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_command_ends_with_1_and_the_line_to_go_on_with()
    {
        await LoseAsync();
        await system.WritePolicyAsync(policy =>
        {
            policy["recovery"] = new JsonObject
            {
                ["place"] = "here",
                ["provision"] = new JsonArray(Script("provision", "echo there is no room for a host >&2; exit 7")),
                ["dataDirectory"] = data,
                ["deploy"] = new JsonArray(),
            };
        });
        var outcome = await RunAsync("--yes", "--since", "2026-11-23T02:00:00Z", "--incident", Path.Combine(system.Folder, "the incident.md"), "--accept-data-loss-until", "2026-11-23T02:00:00Z");
        Assert.Equal((int)ExitCode.Failed, outcome.ExitCode);
        Assert.Contains("ended with exit code 7: there is no room for a host", outcome.Reason, StringComparison.Ordinal);
        Assert.EndsWith(
            $"go on with: twibackup recover --resume --yes --since 2026-11-23T02:00:00Z --incident '{Path.Combine(system.Folder, "the incident.md")}' --accept-data-loss-until 2026-11-23T02:00:00Z --policy {system.PolicyPath}",
            outcome.Reason, StringComparison.Ordinal);
        Assert.Contains("- [ ] Provision new infrastructure (FAILED", await File.ReadAllTextAsync(Path.Combine(system.Folder, "the incident.md"), CommandLine.Cancellation), StringComparison.Ordinal);

        // What is left is shown without doing it.
        var shown = await RunAsync("--resume", "--dry-run");
        Assert.Equal(0, shown.ExitCode);
        Assert.Contains("provision: failed, ", shown.Output, StringComparison.Ordinal);
        Assert.Contains("database: not begun", shown.Output, StringComparison.Ordinal);

        // And an edited journal is refused in one line.
        var journal = Path.Combine(state, "recovery-twi.jsonl");
        File.WriteAllText(journal, File.ReadAllText(journal).Replace("\"step\":\"provision\"", "\"step\":\"database\"", StringComparison.Ordinal));
        var refused = await RunAsync("--resume", "--yes");
        Assert.Equal((int)ExitCode.WrongUse, refused.ExitCode);
        Assert.Single(refused.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("Line ", refused.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Looking_is_not_touching_and_nothing_is_done_unasked()
    {
        var before = RecoveryScene.Photograph(system.Folder);
        var store = RecoveryScene.Photograph(Path.Combine(system.Store.Root, "twi"));
        var plan = await RunAsync("--dry-run");
        Assert.True(plan.ExitCode == 0, plan.Errors);
        Assert.Contains("full/", plan.Output, StringComparison.Ordinal);
        Assert.Contains("a GUESS", plan.Output, StringComparison.Ordinal);
        Assert.Contains("Would stop it: replicator@127.0.0.1", plan.Output, StringComparison.Ordinal);
        var unasked = await RunAsync();
        Assert.Equal((int)ExitCode.WrongUse, unasked.ExitCode);
        Assert.Contains("--yes", unasked.Reason, StringComparison.Ordinal);
        // The living primary is in the way, whatever a person agrees to.
        Assert.Equal(before, RecoveryScene.Photograph(system.Folder));
        Assert.Equal(store, RecoveryScene.Photograph(Path.Combine(system.Store.Root, "twi")));
        var alive = await RunAsync("--yes");
        Assert.Equal((int)ExitCode.Failed, alive.ExitCode);
        Assert.Contains("answers as the primary of this cluster", alive.Reason, StringComparison.Ordinal);
        Assert.False(Directory.Exists(data));
    }

    [Fact]
    public async Task A_drill_beside_the_living_system_goes_into_a_folder_of_its_own_and_leaves_the_store_as_it_is()
    {
        var before = RecoveryScene.Photograph(Path.Combine(system.Store.Root, "twi"));
        var nowhere = await RunAsync("--isolated", "--yes");
        Assert.Equal((int)ExitCode.WrongUse, nowhere.ExitCode);
        Assert.Contains("--into DIR", nowhere.Reason, StringComparison.Ordinal);
        var into = Path.Combine(system.Folder, "host", "drill");
        var outcome = await RunAsync("--isolated", "--into", into, "--yes");
        Assert.True(outcome.ExitCode == 0, outcome.Errors);
        Assert.Equal(before, RecoveryScene.Photograph(Path.Combine(system.Store.Root, "twi")));
        Assert.True(File.Exists(Path.Combine(into, "data", "PG_VERSION")));
        Assert.Empty(ServerProcesses.Find(Path.Combine(into, "data"), null));
        Assert.Equal("1000", await system.Server.ScalarAsync("select count(*) from rows", "app"));
        Assert.DoesNotContain("deployed", outcome.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_without_physical_replication_gets_its_newest_dump_back()
    {
        await system.Server.ExecuteAsync("postgres", "alter role replicator superuser");
        await system.WritePolicyAsync(policy =>
        {
            policy["database"]!["mode"] = "dump";
            policy["database"]!["databases"] = new JsonArray("app");
            policy["backups"] = new JsonObject { ["dump"] = new JsonObject { ["schedule"] = "0 2 * * *", ["keep"] = "30d" } };
            policy["recovery"] = new JsonObject { ["place"] = "local", ["deploy"] = new JsonArray() };
        });
        var taken = await system.RunAsync("backup", "dump");
        Assert.True(taken.ExitCode == 0, taken.Errors);
        await system.Server.ExecuteAsync("postgres", "drop database app");
        var outcome = await RunAsync("--yes");
        Assert.True(outcome.ExitCode == 0, outcome.Errors);
        Assert.Equal("1000", await system.Server.ScalarAsync("select count(*) from rows", "app"));
        Assert.Contains("dump/", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_policy_says_of_the_running_system_is_asked_before_anybody_is_led_to_it()
    {
        await LoseAsync();
        await system.ChangePolicyAsync(policy =>
        {
            policy["verification"] = new JsonObject
            {
                ["schedule"] = "0 3 * * 0",
                ["system"] = new JsonObject { ["certificates"] = new JsonArray(new JsonObject { ["file"] = "/nowhere/cert.pem" }) },
            };
            policy["recovery"]!["route"] = new JsonArray(Script("route", "echo routed"));
        });
        var outcome = await RunAsync("--yes");
        Assert.Equal((int)ExitCode.Failed, outcome.ExitCode);
        Assert.Contains("/nowhere/cert.pem", outcome.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("routed", outcome.Errors, StringComparison.Ordinal);
        var forced = await RunAsync("--resume", "--yes", "--skip", "verify");
        Assert.True(forced.ExitCode == 0, forced.Errors);
        Assert.Contains("route: routed", forced.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_use_is_said_in_one_line()
    {
        (string[] Arguments, string Says)[] wrong =
        [
            (["--target", "yesterday"], "yesterday"),
            (["--target", "latest", "--immediate"], "can't both be meant"),
            (["--at", "2026-11-23T02:00:00"], "has no offset"),
            (["--only", "everything"], "everything"),
            (["--from", "tape"], "tape"),
            (["--from", "replica"], "names no replica"),
        ];
        foreach (var (arguments, says) in wrong)
        {
            var outcome = await RunAsync(["--yes", .. arguments]);
            Assert.Equal((int)ExitCode.WrongUse, outcome.ExitCode);
            Assert.Single(outcome.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
            Assert.Contains(says, outcome.Reason, StringComparison.Ordinal);
        }
    }

    private async Task LoseAsync()
    {
        system.Server.Server.Kill();
        await system.Server.Server.WaitForExitAsync(CommandLine.Cancellation);
    }

    private string Script(string name, string body)
    {
        var path = Path.Combine(system.Folder, name);
        File.WriteAllText(path, $"#!/bin/sh\n{body}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    /// <summary>How a script of root becomes the server's account.</summary>
    private static string AsServer() => TestEnvironment.Account.IsSelf
        ? ""
        : $"setpriv --reuid {TestEnvironment.Account.UserId} --regid {TestEnvironment.Account.GroupId} --clear-groups";

    private Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(CommandLine.Program) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = system.Folder };
        foreach (var argument in (string[])["recover", .. arguments, "--policy", system.PolicyPath])
            start.ArgumentList.Add(argument);
        start.Environment["TWI_TEST_PASSWORD"] = TestPostgres.ReplicatorPassword;
        start.Environment["TWIBACKUP_STATE"] = state;
        start.Environment["DEPLOY_TOKEN"] = Token;
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    private Task<CommandLine.Outcome> RunAsync(params string[] arguments) => CommandLine.EndAsync(Start(arguments));
}
