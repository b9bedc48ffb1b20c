using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TwiBackup.Database;
using TwiBackup.Postgres;
using TwiBackup.Sealing;
using TwiBackup.Tests.Invariants;
using TwiBackup.Tests.Postgres;
using TwiBackup.Tests.Recovery;

namespace TwiBackup.Tests.Formats;

/// <summary>The runbook's commands, word for word, on a system that is lost: with the tool, and with Debian's alone.</summary>
public sealed class RunbookTests(LostSystem lost) : IClassFixture<LostSystem>
{
    private static readonly string[] Tried =
    [
        "What is there", "The host is lost", "The database is lost", "A table is lost", "The region is lost", "Keys are lost", "Configuration by hand",
        "Repository by hand", "Logs by hand",
    ];

    private static CancellationToken Cancellation => RecoveryScene.Cancellation;

    [Fact]
    public async Task Every_block_of_commands_is_tried_and_every_link_leads_somewhere()
    {
        var page = await PageCommands.ReadAsync("runbook.md");
        Assert.Equal(Tried.Length, PageCommands.All(page).Count);
        foreach (var heading in Tried)
            Assert.NotEmpty(await PageCommands.BelowAsync("runbook.md", heading));
        foreach (var link in Regex.Matches(page, @"\]\(([^)#]*)#([^)]+)\)").Select(m => (Page: m.Groups[1].Value, Anchor: m.Groups[2].Value)))
        {
            var text = link.Page.Length == 0 ? page : await PageCommands.ReadAsync(link.Page);
            var anchors = Regex.Matches(text, "^##+ (.*)$", RegexOptions.Multiline)
                .Select(m => Regex.Replace(m.Groups[1].Value.ToLowerInvariant(), "[^a-z0-9 -]", "").Replace(' ', '-'));
            Assert.Contains(link.Anchor, anchors);
        }
    }

    [Fact]
    public async Task A_lost_host_then_a_lost_table_then_a_lost_database_come_back()
    {
        await using var scene = await RecoveryScene.CreateAsync(lost);
        var before = (await new RestorePlanner(scene.Catalog, TimeProvider.System).PlanAsync(RecoveryTarget.Latest, null, Cancellation)).NewestTime;
        await using var server = await RunningAsync(scene, "file://" + scene.StoreRoot, null);
        var looked = await server.RunAsync("What is there");
        Assert.Contains($"full/{lost.Full.Id}", looked.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(scene.Data));

        await server.RunAsync("The host is lost", ("SINCE", Text(DateTimeOffset.UtcNow)));
        Assert.Equal("30", await server.AskAsync("select count(*) from rows"));
        Assert.Equal($"DISCORD_TOKEN={LostSystem.Secret}\n", await File.ReadAllTextAsync(scene.EnvironmentFile, Cancellation));

        await server.ExecuteAsync("drop table rows", "create table kept as select 1 as id");
        await server.RunAsync("A table is lost", ("BEFORE", Text(before)), ("TABLE", "public.rows"), ("DATABASE", "app"), ("BESIDE", Path.Combine(scene.Host, "beside")));
        Assert.Equal("30", await server.AskAsync("select count(*) from rows"));
        Assert.Equal("1", await server.AskAsync("select count(*) from kept"));

        await server.RunAsync("The database is lost", ("BEFORE", Text(before)), ("DATA", scene.Data));
        Assert.Equal("30", await server.AskAsync("select count(*) from rows"));
        Assert.Equal("0", await server.AskAsync("select count(*) from pg_tables where tablename = 'kept'"));
        Assert.Single(Directory.EnumerateDirectories(scene.Host, "data.twibackup-*"));
    }

    [Fact]
    public async Task A_lost_region_comes_back_from_the_replica()
    {
        await using var scene = await RecoveryScene.CreateAsync(lost);
        await using var server = await RunningAsync(scene, "file://" + Path.Combine(scene.Folder, "gone"), "file://" + scene.StoreRoot);
        Directory.CreateDirectory(Path.Combine(scene.Folder, "gone"));
        TestEnvironment.Account.ChownTree(scene.Folder);
        await server.RunAsync("The region is lost", ("SINCE", Text(DateTimeOffset.UtcNow)));
        Assert.Equal("30", await server.AskAsync("select count(*) from rows"));
    }

    [Fact]
    public async Task Without_the_tool_configuration_repository_and_logs_come_back()
    {
        await using var scene = await RecoveryScene.CreateAsync(lost);
        var identity = Path.Combine(scene.Folder, "identity.txt");
        await File.WriteAllTextAsync(identity, lost.Keys.Identities[0].RevealText() + "\n", Cancellation);
        var variables = new Dictionary<string, string?>
        {
            ["STORE"] = scene.StoreRoot,
            ["SYSTEM"] = scene.Catalog.System,
            ["IDENTITY"] = identity,
            ["TRUSTED"] = lost.Keys.Trusted[0].ToString(),
            ["ROOT"] = scene.Root,
            ["FOLDER"] = scene.Repository,
            ["LOGS"] = Path.Combine(scene.Host, "logs"),
        };
        foreach (var heading in (string[])["Configuration by hand", "Repository by hand", "Logs by hand"])
        {
            var result = await PageCommands.RunAsync(await PageCommands.BelowAsync("runbook.md", heading), variables);
            Assert.True(result.ExitCode == 0, $"{heading}: {result.ErrorOutput}");
        }

        Assert.Equal($"DISCORD_TOKEN={LostSystem.Secret}\n", await File.ReadAllTextAsync(scene.EnvironmentFile, Cancellation));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(scene.EnvironmentFile));
        Assert.Equal("print('hello again')\n", await File.ReadAllTextAsync(Path.Combine(scene.Repository, "main.py"), Cancellation));
        var branches = await ChildProcess.RunAsync(
            new() { Program = "git", Arguments = ["-c", "safe.directory=*", "-C", scene.Repository, "for-each-ref", "--format=%(refname)"] }, Cancellation);
        Assert.Equal(lost.Repository.Manifest.Repository!.Refs.Keys.Order(StringComparer.Ordinal), branches.Output.Trim().Split('\n').Order(StringComparer.Ordinal));
        var log = Assert.Single(Directory.EnumerateFiles(Path.Combine(scene.Host, "logs"), "*", SearchOption.AllDirectories));
        Assert.Equal(LostSystem.LogLine + "\n", await File.ReadAllTextAsync(log, Cancellation));

        // A set that somebody changed is refused.
        var manifest = Directory.EnumerateFiles(Path.Combine(scene.StoreRoot, scene.Catalog.System, "configuration"), "manifest.json", SearchOption.AllDirectories).Single();
        await File.AppendAllTextAsync(manifest, " ", Cancellation);
        Assert.NotEqual(0, (await PageCommands.RunAsync(await PageCommands.BelowAsync("runbook.md", "Configuration by hand"), variables)).ExitCode);
    }

    [Fact]
    public async Task New_keys_are_made()
    {
        using var folder = new Sealing.TempFolder();
        var keys = folder.File("keys");
        var result = await PageCommands.RunAsync(
            await PageCommands.BelowAsync("runbook.md", "Keys are lost"), new Dictionary<string, string?> { ["PATH"] = SearchPath(), ["KEYS"] = keys });
        Assert.True(result.ExitCode == 0, result.ErrorOutput);
        Assert.NotEmpty(await KeyFiles.ReadIdentitiesAsync(Path.Combine(keys, KeyFiles.IdentityName), Cancellation));
    }

    private async Task<Operator> RunningAsync(RecoveryScene scene, string primary, string? replica)
    {
        var keys = Directory.CreateDirectory(Path.Combine(scene.Folder, "keys")).FullName;
        await File.WriteAllTextAsync(Path.Combine(keys, "identity"), lost.Keys.Identities[0].RevealText() + "\n", Cancellation);
        await File.WriteAllTextAsync(Path.Combine(keys, "signing"), lost.Keys.Signer!.RevealFileText(), Cancellation);
        foreach (var file in Directory.EnumerateFiles(keys))
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var start = Path.Combine(scene.Folder, "start");
        var port = LocalServer.FreePort();
        await File.WriteAllTextAsync(
            start, $"#!/bin/sh\nexec pg_ctl start -s -w -D {scene.Data} -l {scene.Data}/log -o '-p {port} -k {scene.Host} -h 127.0.0.1 -c fsync=off -c max_wal_senders=10'\n", Cancellation);
        File.SetUnixFileMode(start, (UnixFileMode)0b111_101_101);
        var stores = new JsonObject { ["primary"] = primary };
        if (replica is not null)
            stores["replica"] = replica;
        var policy = new JsonObject
        {
            ["version"] = 1,
            ["system"] = scene.Catalog.System,
            ["database"] = new JsonObject
            {
                ["mode"] = "physical",
                ["connection"] = $"host=127.0.0.1 port={port} user=replicator dbname=app sslmode=disable",
                ["password"] = "env:TWI_TEST_PASSWORD",
            },
            ["stores"] = stores,
            ["keys"] = new JsonObject
            {
                ["recipients"] = new JsonArray(lost.Keys.Recipients[0].ToString()),
                ["identity"] = $"file:{keys}/identity",
                ["signingKey"] = $"file:{keys}/signing",
                ["trusted"] = new JsonArray(lost.Keys.Trusted[0].ToString()),
            },
            ["backups"] = new JsonObject
            {
                ["full"] = new JsonObject { ["schedule"] = "0 2 * * *", ["keep"] = "30d", ["level"] = 1 },
                ["incremental"] = new JsonObject { ["schedule"] = "0 * * * *", ["keep"] = "7d", ["flushInterval"] = "200ms", ["markInterval"] = "1s" },
                ["configuration"] = new JsonObject { ["schedule"] = "onChange", ["keep"] = "90d", ["paths"] = new JsonArray(new JsonObject { ["path"] = "/app/.env" }) },
                ["repository"] = new JsonObject { ["schedule"] = "0 4 * * 0", ["keep"] = "1y", ["source"] = "/app" },
            },
            ["objectives"] = new JsonObject
            {
                ["database"] = new JsonObject { ["rpo"] = "1h", ["rto"] = "2h" },
                ["system"] = new JsonObject { ["rto"] = "4h" },
            },
            ["recovery"] = new JsonObject
            {
                ["place"] = "local",
                ["start"] = new JsonArray(start),
                ["deploy"] = new JsonArray(),
                ["dataDirectory"] = scene.Data,
                ["repository"] = scene.Repository,
                ["configurationRoot"] = scene.Root,
            },
        };
        await File.WriteAllTextAsync(Path.Combine(scene.Folder, "twibackup.json"), policy.ToJsonString(), Cancellation);
        TestEnvironment.Account.ChownTree(scene.Folder);
        return new Operator(scene, port);
    }

    private static string SearchPath() =>
        $"{Path.GetDirectoryName(CommandLine.Program)}:{TestEnvironment.Installation.BinDirectory}:{Environment.GetEnvironmentVariable("PATH")}";

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>Somebody who follows the page, logged in as the user that PostgreSQL runs as.</summary>
    private sealed class Operator(RecoveryScene scene, int port) : IAsyncDisposable
    {
        private ConnectionSettings Superuser => new() { Host = scene.Host, Port = port, User = "postgres", Database = "app", SslMode = "disable" };

        public async Task<ChildResult> RunAsync(string heading, params (string Name, string Value)[] variables)
        {
            var all = new Dictionary<string, string?>
            {
                ["PATH"] = SearchPath(),
                ["TWIBACKUP_POLICY"] = Path.Combine(scene.Folder, "twibackup.json"),
                ["TWIBACKUP_STATE"] = Path.Combine(scene.Folder, "state"),
                ["TWI_TEST_PASSWORD"] = TestPostgres.ReplicatorPassword,
                ["PGHOST"] = scene.Host,
                ["PGPORT"] = port.ToString(CultureInfo.InvariantCulture),
                ["PGUSER"] = "postgres",
            };
            foreach (var (name, value) in variables)
                all[name] = value;
            var result = await PageCommands.RunAsync(await PageCommands.BelowAsync("runbook.md", heading), all, TestEnvironment.Account);
            Assert.True(result.ExitCode == 0, $"{heading}: {result.ErrorOutput}\n{result.Output}");
            return result;
        }

        public async Task<string> AskAsync(string query)
        {
            await using var session = await QueryConnection.OpenAsync(Superuser, Cancellation);
            return (await session.AskAsync<string>($"select ({query})::text", Cancellation))!;
        }

        public async Task ExecuteAsync(params string[] statements) => await TestPostgres.ExecuteAsync(Superuser, statements);

        public async ValueTask DisposeAsync()
        {
            foreach (var folder in (string[])[scene.Data, Path.Combine(scene.Host, "beside", "data")])
            {
                while (ServerProcesses.Find(folder, null) is { Count: > 0 } left)
                {
                    foreach (var process in left)
                        ServerProcesses.Signal(process, ServerProcesses.Kill);
                    await Task.Delay(10, CancellationToken.None);
                }
            }
        }
    }
}
