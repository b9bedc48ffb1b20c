using System.Text.Json;
using System.Text.Json.Nodes;
using TwiBackup.Catalog;
using TwiBackup.Tests.Catalog;
using TwiBackup.Tests.Invariants;
using TwiBackup.Tests.Postgres;
using TwiBackup.Verification;

namespace TwiBackup.Tests.Commands;

/// <summary><c>twibackup verify system</c> as a person and a scheduler run it.</summary>
public sealed class SystemVerifyCommandTests : IAsyncLifetime
{
    private CommandLine line = null!;

    private string EnvironmentFile => Path.Combine(line.Folder, ".env");

    public async ValueTask InitializeAsync()
    {
        line = await CommandLine.StartAsync();
        await line.Server.ExecuteAsync("postgres", "grant pg_read_all_data to replicator");
        await line.Server.ExecuteAsync("app", "create table messages (created_at timestamptz)", "alter table messages owner to app", "insert into messages values (now())");
        await WriteVariablesAsync("production");
        await WritePolicyAsync(_ => { });
    }

    public ValueTask DisposeAsync() => line.DisposeAsync();

    [Fact]
    public async Task A_system_that_is_as_it_must_be_ends_with_0_and_a_signed_record()
    {
        var outcome = await line.RunAsync("verify", "system");
        Assert.True(outcome.ExitCode == 0, outcome.Errors + outcome.Output);
        Assert.Matches("database/owners +ok ", outcome.Output);
        Assert.Matches("code/head +not run ", outcome.Output);
        Assert.Contains(" 0 failed, ", outcome.Output, StringComparison.Ordinal);
        var record = Assert.Single(await Log().ListAsync(CommandLine.Cancellation));
        Assert.Equal(("system", false, false), (record.Kind, record.Proven, record.Failed));
        Assert.Contains(record.Checks, check => check is { Name: "login/connect", Passed: true });
        Assert.Contains(record.NotRun!, check => check.Name == "code/head");
        Assert.DoesNotContain(TestPostgres.AppPassword, outcome.Output + outcome.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_wrong_ends_with_3_and_one_line_and_keeps_nothing_else_from_being_asked()
    {
        await WriteVariablesAsync("S3cret");
        await line.Server.ExecuteAsync("app", "alter table messages owner to postgres");
        var outcome = await line.RunAsync("verify", "system", "--json");
        Assert.Equal(3, outcome.ExitCode);
        Assert.StartsWith("twi is not as it must be: database/owners: 1 do not belong to app: messages (and 2 more)", outcome.Reason, StringComparison.Ordinal);
        var record = JsonSerializer.Deserialize(outcome.Output, VerificationJson.Default.VerificationRecord)!;
        Assert.Equal(["database/owners", "environment/values", "login/reads-and-writes"], record.Checks.Where(check => !check.Passed).Select(check => check.Name));
        Assert.True(Assert.Single(await Log().ListAsync(CommandLine.Cancellation)).Failed);
        Assert.DoesNotContain("S3cret", outcome.Output + outcome.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_part_is_asked_and_not_recorded()
    {
        await line.Server.ExecuteAsync("app", "alter table messages owner to postgres");
        var outcome = await line.RunAsync("verify", "system", "--only", "environment", "login/connect");
        Assert.True(outcome.ExitCode == 0, outcome.Errors + outcome.Output);
        Assert.DoesNotContain("database/", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("Not recorded", outcome.Errors, StringComparison.Ordinal);
        Assert.Equal(3, (await line.RunAsync("verify", "system", "--skip", "environment")).ExitCode);
        Assert.Empty(await Log().ListAsync(CommandLine.Cancellation));
    }

    [Fact]
    public async Task Asking_only_what_is_not_configured_is_no_success()
    {
        var outcome = await line.RunAsync("verify", "system", "--only", "code");
        Assert.Equal(3, outcome.ExitCode);
        Assert.Equal("Nothing was asked of twi: code/head: the policy has no verification.system.code.", outcome.Reason);
    }

    [Fact]
    public async Task A_wrong_name_or_a_policy_that_asks_nothing_ends_with_2()
    {
        var outcome = await line.RunAsync("verify", "system", "--only", "databse");
        Assert.Equal(2, outcome.ExitCode);
        Assert.StartsWith("There is no check databse. There are database/connection, ", outcome.Reason, StringComparison.Ordinal);
        await line.WritePolicyAsync(_ => { });
        outcome = await line.RunAsync("verify", "system");
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("verification.system", outcome.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_the_applications_host_neither_the_identity_nor_the_verifiers_key_is_needed()
    {
        await WritePolicyAsync(policy =>
        {
            policy["keys"]!["identity"] = "env:NOT_HERE";
            policy["keys"]!["verifierKey"] = "env:NOT_HERE_EITHER";
        });
        var outcome = await line.RunAsync("verify", "system");
        Assert.True(outcome.ExitCode == 0, outcome.Errors + outcome.Output);
        Assert.Contains("Not recorded: keys.verifierKey", outcome.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_record_proves_no_set_and_shows_in_the_status()
    {
        var now = TimeProvider.System.GetUtcNow();
        await SampleSets.PlantAsync(
            line.Store.Store, line.Catalog.Keys, SetKind.Full, SampleSets.Manifest(SetKind.Full, SampleSets.Id(now), now.AddDays(30)) with { StartedAt = now, CompletedAt = now });
        await line.Server.ExecuteAsync("app", "alter table messages owner to postgres");
        Assert.Equal(3, (await line.RunAsync("verify", "system")).ExitCode);
        var status = JsonNode.Parse((await line.RunAsync("status", "--json")).Output)!["components"]!.AsArray();
        var system = status.Single(component => (string)component!["name"]! == "system")!;
        Assert.Equal("missed", ((string)system["state"]!).ToLowerInvariant());
        Assert.StartsWith("database/owners: ", (string)system["detail"]!, StringComparison.Ordinal);
        var verification = status.Single(component => (string)component!["name"]! == "verification")!;
        Assert.StartsWith("first due ", (string)verification["detail"]!, StringComparison.Ordinal);
    }

    private VerificationLog Log() => new(line.Store.Store, CommandLine.System, [line.Keys.SigningPublic]);

    private async Task WriteVariablesAsync(string environment)
    {
        await File.WriteAllTextAsync(
            EnvironmentFile,
            $"PGHOST=127.0.0.1\nPGPORT={line.Server.Port}\nDB_USER=app\nDB_PASSWORD={TestPostgres.AppPassword}\nDATABASE=app\nENVIRONMENT={environment}\n",
            CommandLine.Cancellation);
        File.SetUnixFileMode(EnvironmentFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private Task WritePolicyAsync(Action<JsonObject> change) => line.WritePolicyAsync(policy =>
    {
        policy["database"]!["databases"] = new JsonArray("app");
        policy["database"]!["heartbeat"] = new JsonObject { ["table"] = "public.messages", ["column"] = "created_at" };
        policy["backups"] = new JsonObject { ["full"] = policy["backups"]!["full"]!.DeepClone() };
        policy["verification"] = new JsonObject
        {
            ["schedule"] = "0 3 * * 0",
            ["system"] = new JsonObject
            {
                ["database"] = new JsonObject { ["owner"] = "app", ["tables"] = new JsonArray("public.messages") },
                ["environment"] = new JsonObject
                {
                    ["file"] = EnvironmentFile,
                    ["required"] = new JsonArray("DB_PASSWORD"),
                    ["values"] = new JsonArray(new JsonObject { ["name"] = "ENVIRONMENT", ["oneOf"] = new JsonArray("production") }),
                },
                ["login"] = new JsonObject
                {
                    ["host"] = "PGHOST", ["port"] = "PGPORT", ["user"] = "DB_USER", ["password"] = "DB_PASSWORD", ["database"] = "DATABASE",
                    ["writes"] = new JsonArray("public.messages"),
                },
            },
        };
        change(policy);
    });
}
