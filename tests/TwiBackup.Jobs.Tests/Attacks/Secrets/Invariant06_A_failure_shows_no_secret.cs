using System.Security.Cryptography;
using System.Text.Json.Nodes;
using TwiBackup.Postgres;
using TwiBackup.Tests.Alerts;
using TwiBackup.Tests.Invariants;
using TwiBackup.Tests.Stores;

namespace TwiBackup.Tests.Attacks.Secrets;

/// <summary>
/// Jobs that fail over a secret: a wrong one, one that is no such thing, one in a place where none belongs. With <c>--verbose</c> they show
/// all they have, with the stack traces; alerts are sent of it. The reason is one line, and the secret stands in none.
/// </summary>
public sealed class Invariant06_A_failure_shows_no_secret : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Of letters, so that nothing refuses it for its look.</summary>
    private readonly string secret = $"Recognisable{RandomNumberGenerator.GetString("abcdefghijkmnpqrstuvwxyz", 20)}";

    private readonly SecretSearch search = new();
    private readonly Listener listener = new();
    private CommandLine system = null!;
    private int failures;

    public async ValueTask InitializeAsync()
    {
        system = await CommandLine.StartAsync(CommandLine.Fastest, new InitOptions(), TestStores.NewFileStore());
        search.Add("secret", secret);
        system.Variables["TWIBACKUP_STATE"] = Path.Combine(system.Folder, "state");
        system.Variables["SOME_SECRET"] = secret;
    }

    public async ValueTask DisposeAsync()
    {
        await system.DisposeAsync();
        await listener.DisposeAsync();
    }

    [Fact]
    public async Task What_a_person_types_is_found()
    {
        // The one place where it may stand, as its owner has put it there: that it is found proves that it would be.
        var outcome = await system.RunAsync("backup", "database", $"--no-such={secret}");
        Assert.NotEmpty(search.In(outcome.Output + outcome.Errors));
    }

    [Fact]
    public async Task PostgreSQL_and_its_password()
    {
        string[][] jobs = [["backup", "database"], ["backup", "dump"], ["backup", "restore-point"], ["wal", "receive"], ["restore", "dump"], ["verify", "system"]];
        await AllAsync(jobs, policy => policy["database"]!["password"] = "env:SOME_SECRET");
        foreach (var connection in (string[])
                 [
                     $"host=127.0.0.1 port={system.Server.Port} user=replicator password={secret} sslmode=disable",
                     $"host=127.0.0.1 port=1 user=replicator password={secret}",
                     $"host=127.0.0.1 password={secret} port=none",
                     $"host=127.0.0.1 password='{secret}",
                     $"host=127.0.0.1 pasword={secret}",
                     $"postgresql://replicator:{secret}@127.0.0.1:{system.Server.Port}/postgres?sslmode=disable",
                     $"postgresql://replicator:{secret}@[::1/postgres",
                     $"postgresql://replicator:{secret}@127.0.0.1:99999999/postgres",
                     $"postgresql://replicator:{secret}%zz@127.0.0.1/postgres",
                     $"{secret}",
                 ])
        {
            system.Variables["SOME_CONNECTION"] = connection;
            await AllAsync(jobs[..2], policy =>
            {
                policy["database"]!["connection"] = "env:SOME_CONNECTION";
                policy["database"]!.AsObject().Remove("password");
            });
            // As it stands in the file itself, which the policy may refuse.
            await AllAsync([["policy", "check", system.PolicyPath]], policy =>
            {
                policy["database"]!["connection"] = connection;
                policy["database"]!.AsObject().Remove("password");
            }, mayPass: true);
        }

        // The server's own words, and those of its tools.
        await system.Server.ExecuteAsync("postgres", $"alter role replicator connection limit 0 password '{secret}'");
        system.Variables["TWI_TEST_PASSWORD"] = secret;
        await AllAsync(jobs[..2], _ => { });
        Done("PostgreSQL");
    }

    [Fact]
    public async Task Keys_that_are_none()
    {
        var identity = (await File.ReadAllLinesAsync(system.Keys.IdentityFile, CommandLine.Cancellation))[^1];
        var signing = (await File.ReadAllLinesAsync(system.Keys.SigningFile, CommandLine.Cancellation))[1];
        search.Add("identity", identity);
        search.Add("signing key", signing[40..]);
        Assert.Equal(0, (await system.RunAsync("backup", "database")).ExitCode);
        foreach (var broken in (string[])[secret, identity[..^1], identity + "Q", $"# {secret}\n{identity.ToLowerInvariant()}X", $"{identity}\n{secret}"])
        {
            system.Variables["SOME_KEY"] = broken;
            await AllAsync(
                [["verify", "database"], ["restore", "database", Path.Combine(system.Folder, "nowhere")], ["recover", "--yes"]],
                policy => policy["keys"]!["identity"] = "env:SOME_KEY", mayPass: true);
            await FileAsync(broken);
        }

        foreach (var broken in (string[])[secret, signing, $"untrusted comment: {secret}\n{signing[..^4]}", $"untrusted comment: x\n{secret}\n{signing}"])
        {
            system.Variables["SOME_KEY"] = broken;
            await AllAsync([["wal", "push", "pg_wal/000000010000000000000001"]], policy => policy["keys"]!["signingKey"] = "env:SOME_KEY");
            await AllAsync([["rehearse", "--record"]], policy => policy["keys"]!["verifierKey"] = "env:SOME_KEY");
            await FileAsync(broken);
        }

        // Where public keys belong, a secret one was put.
        foreach (var name in (string[])["recipients", "trusted", "trustedVerifiers"])
        {
            foreach (var wrong in (string[])[identity, signing])
            {
                system.Variables["SOME_KEY"] = wrong;
                await AllAsync([["status"]], policy => policy["keys"]![name] = new JsonArray("env:SOME_KEY"), mayPass: true);
                await AllAsync([["policy", "check", system.PolicyPath]], policy => policy["keys"]![name] = new JsonArray(wrong), mayPass: true);
            }
        }

        // Nor is one taken for the name of a place.
        await AllAsync([["backup", "database"], ["policy", "check", system.PolicyPath]], policy => policy["keys"]!["signingKey"] = secret);
        Done("keys");
    }

    [Fact]
    public async Task The_store_and_its_key()
    {
        await using var bucket = await TestStores.NewS3StoreAsync();
        var access = bucket.Environment["AWS_ACCESS_KEY_ID"];
        string[][] jobs =
        [
            ["backup", "database"], ["prune"], ["status"], ["list"], ["wal", "show"], ["wal", "fetch", "000000010000000000000001", "x"], ["store", "prepare"],
            ["rehearse", "--store", bucket.Url], ["recover", "--yes"],
        ];
        // The right name and the wrong secret; a token that nobody gave; then nobody who answers.
        system.Variables["AWS_ACCESS_KEY_ID"] = access;
        system.Variables["AWS_SECRET_ACCESS_KEY"] = secret;
        await AllAsync(jobs, policy => policy["stores"]!["primary"] = bucket.Url);
        system.Variables["AWS_SECRET_ACCESS_KEY"] = bucket.Environment["AWS_SECRET_ACCESS_KEY"];
        search.Add("secret S3 key", bucket.Environment["AWS_SECRET_ACCESS_KEY"]);
        system.Variables["AWS_SESSION_TOKEN"] = secret;
        await AllAsync(jobs[..1], policy => policy["stores"]!["primary"] = bucket.Url, mayPass: true);
        await AllAsync(jobs[..1], policy => policy["stores"]!["primary"] = "s3://no-such-bucket/x" + bucket.Url[bucket.Url.IndexOf('?', StringComparison.Ordinal)..]);
        foreach (var url in (string[])
                 [
                     $"s3://bucket/x?endpoint=http://user:{secret}@127.0.0.1:1&forcePathStyle=true", $"s3://user:{secret}@bucket/x", $"s3://bucket/x?secret={secret}",
                     $"https://user:{secret}@host/bucket",
                 ])
        {
            await AllAsync([["status"], ["policy", "check", system.PolicyPath]], policy => policy["stores"]!["primary"] = url);
        }

        Done("S3");
    }

    [Fact]
    public async Task Addresses_that_are_secrets()
    {
        await system.WritePolicyAsync(_ => { });
        foreach (var url in (string[])
                 [
                     $"https://user:{secret}@127.0.0.1:1/api/webhooks/1/{secret}", $"http://example.test/{secret}", secret, $"http://127.0.0.1:{listener.Port}/api/webhooks/1/{secret}",
                 ])
        {
            system.Variables["SOME_URL"] = url;
            listener.Answer(404, body: $"{{\"message\": \"Unknown {secret}\"}}");
            listener.Answer(302, $"Location: https://elsewhere.test/{secret}\r\n");
            await AllAsync([["backup", "database"], ["verify", "system"]], policy =>
            {
                policy["alerts"] = new JsonObject { ["discord"] = "env:SOME_URL", ["ping"] = "env:SOME_URL" };
                // Something that fails at once.
                policy["database"]!["connection"] = "host=127.0.0.1 port=1 user=replicator";
                policy["verification"] = new JsonObject { ["schedule"] = "0 3 * * 0", ["system"] = new JsonObject { ["schedule"] = "30 7 * * *", ["webhook"] = true } };
            });
        }

        system.Variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://user:{secret}@127.0.0.1:1";
        system.Variables["OTEL_EXPORTER_OTLP_HEADERS"] = $"authorization=Bearer {secret}";
        await AllAsync([["backup", "database"]], policy => policy["database"]!["connection"] = "host=127.0.0.1 port=1 user=replicator");
        Done("addresses");
    }

    [Fact]
    public async Task Code_and_its_token()
    {
        var local = $"http://127.0.0.1:{listener.Port}/bot.git";
        foreach (var source in (string[])
                 [
                     local, "https://127.0.0.1:1/bot.git", "http://no-such-host.invalid/bot.git", $"https://user:{secret}@127.0.0.1:1/bot.git",
                     $"https://127.0.0.1:1/bot.git?token={secret}",
                 ])
        {
            for (var i = 0; i < 3; i++)
                listener.Answer(401, "WWW-Authenticate: Basic realm=\"git\"\r\n", $"{{\"message\": \"Bad credentials {secret}\"}}");
            await AllAsync([["backup", "repository"]], policy => policy["backups"]!["repository"] = new JsonObject
            {
                ["schedule"] = "0 4 * * 0", ["keep"] = "1y", ["source"] = source, ["tokenSecret"] = "env:SOME_SECRET",
            });
        }

        Done("git");
    }

    /// <summary>Key files are shown to people, never what is secret in them.</summary>
    private async Task FileAsync(string content)
    {
        var file = Path.Combine(system.Folder, "some.key");
        await File.WriteAllTextAsync(file, content, CommandLine.Cancellation);
        Look("key show", await system.RunAsync("key", "show", file, "--verbose"));
    }

    private async Task AllAsync(string[][] jobs, Action<JsonObject> change, bool mayPass = false)
    {
        await system.WritePolicyAsync(policy =>
        {
            policy["database"]!["databases"] = new JsonArray("app");
            policy["backups"]!["dump"] = new JsonObject { ["schedule"] = "0 3 * * *", ["keep"] = "30d" };
            change(policy);
        });
        foreach (var (name, outcome) in await Task.WhenAll(jobs.Select(RunAsync)))
        {
            Look(name, outcome);
            Assert.True(mayPass || outcome.ExitCode != 0, $"{name} did not fail: {outcome.Output}");
            if (outcome.ExitCode != 0)
                failures++;
        }
    }

    private async Task<(string Job, CommandLine.Outcome Outcome)> RunAsync(string[] job)
    {
        var process = system.Start([.. job, "--verbose", "--alert"]);
        var ended = CommandLine.EndAsync(process);
        await Task.WhenAny(ended, Task.Delay(Patience, CommandLine.Cancellation));
        var isLate = !ended.IsCompleted;
        if (isLate)
            process.Kill(entireProcessTree: true);
        var outcome = await ended;
        Assert.False(isLate, $"{string.Join(' ', job)} does not end: {outcome.Errors}");
        return (string.Join(' ', job), outcome);
    }

    private void Look(string job, CommandLine.Outcome outcome)
    {
        var all = outcome.Output + outcome.Errors;
        var found = search.In(all);
        Assert.True(found.Count == 0, $"{job}: {string.Join(" | ", found)}: {all}");
        Assert.DoesNotContain("Unexpected", all, StringComparison.Ordinal);
        if (outcome.ExitCode is not 0 and not 3)
            Assert.True(outcome.Reason.Length > 20 && !outcome.Reason.StartsWith("   at ", StringComparison.Ordinal), $"{job}: {all}");
    }

    /// <summary>What was kept for alerts that could not be sent, and what was sent.</summary>
    private void Done(string over)
    {
        var state = system.Variables["TWIBACKUP_STATE"];
        if (Directory.Exists(state))
            Assert.Empty(search.InFolder(state));
        Assert.Empty(search.InFolder(system.Store.Root));
        Tally.Add($"jobs that fail over secrets: {over}", (failures, "failures looked through"));
    }
}
