using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Sealing;
using TwiBackup.Stores;
using TwiBackup.Tests.Alerts;
using TwiBackup.Tests.Invariants;
using TwiBackup.Tests.Stores;

namespace TwiBackup.Tests.Attacks.Secrets;

/// <summary>
/// A whole rehearsal in which every secret can be recognised: those of the policy, of the S3 store, and those that the rehearsal makes for
/// itself, which are read from where they may stand. Then they are looked for everywhere else, in every form.
/// </summary>
public sealed class Invariant06_A_rehearsal_shows_no_secret
{
    /// <summary>Where secrets stand by their nature, below the rehearsal's folder: keys, and what the bot has on its host.</summary>
    private static readonly string[] Homes = ["keys/", "host/app/.env", "host/app/ssl-cert/"];

    [Fact]
    public async Task Nothing_of_it_stands_anywhere_but_in_its_home()
    {
        var cancellation = CommandLine.Cancellation;
        await using var bucket = await TestStores.NewS3StoreAsync();
        await using var discord = new Listener();
        await using var system = await CommandLine.StartAsync(CommandLine.Fastest, new InitOptions(), TestStores.NewFileStore());
        var temporary = Directory.CreateDirectory(Path.Combine(system.Folder, "tmp")).FullName;
        var state = Directory.CreateDirectory(Path.Combine(system.Folder, "state")).FullName;
        File.SetUnixFileMode(temporary, (UnixFileMode)0b111_001_001);
        var search = new SecretSearch();
        await SecretsAsync(search, system, discord, bucket);
        system.Variables["TMPDIR"] = temporary;
        system.Variables["TWIBACKUP_STATE"] = state;
        system.Variables["TWIBACKUP_PG_BIN"] = TalkativePostgres.Make(system.Folder);
        // Where the program is not native, its runtime leaves pipes for debuggers behind when it is killed.
        system.Variables["DOTNET_EnableDiagnostics"] = "0";
        var shared = SharedMemory();

        var (report, page) = (Path.Combine(system.Folder, "report.json"), Path.Combine(system.Folder, "page.html"));
        var process = system.Start(
            "rehearse", "--scenario", "lost-host", "--kills", "1", "--size", "20MB", "--rpo", "1ms", "--store", bucket.Url, "--keep",
            "--record", "--html", page, "--json", report, "--alert", "--verbose");
        await using var watch = new SessionWatch(process.Id, temporary);
        var outcome = await CommandLine.EndAsync(process);
        var logs = await watch.EndAsync();
        // The objective can't be met, so that there is something to alert of.
        Assert.True(outcome.ExitCode == (int)ExitCode.ObjectiveMissed, outcome.Output + outcome.Errors);

        var kept = Assert.Single(Directory.GetFileSystemEntries(temporary));
        await AddItsOwnAsync(search, watch, kept);
        Assert.All(search.Names, name => Assert.DoesNotContain("not found", name, StringComparison.Ordinal));
        Assert.True(search.Names.Count >= 20, string.Join(", ", search.Names));

        // What proves that looking finds: they stand in their homes, and sealed in the store.
        var found = search.InFolder(kept).ToList();
        var atHome = found.Where(f => IsHome(f.File)).ToList();
        foreach (var name in (string[])["token of the bot", "password of the bot", "identity", "signing key", "the second identity", "the verifier's key", "TLS key"])
            Assert.Contains(atHome, f => f.Found.StartsWith($"{name}, as it is", StringComparison.Ordinal));
        await SealedAsync(search, bucket, kept);

        var leaks = found.Where(f => !IsHome(f.File)).Select(f => $"{f.File}: {f.Found}").ToList();
        void Look(string where, IEnumerable<string> what) => leaks.AddRange(what.Select(f => $"{where}: {f}"));
        Look("standard output", search.In(outcome.Output));
        Look("standard error", search.In(outcome.Errors));
        foreach (var file in (string[])[report, page])
            Look(file, search.InFile(file, await File.ReadAllBytesAsync(file, cancellation)));
        leaks.AddRange(search.InFolder(state).Concat(search.InFolder(system.Store.Root)).Select(f => $"{f.File}: {f.Found}"));
        foreach (var line in watch.CommandLines.Keys)
            Look($"command line {line}", search.In(line));
        foreach (var (program, line, environment) in watch.Environments.Keys)
            Look($"environment of {program}, {line}", search.In(environment).Where(f => !MayHold(line, f)));
        foreach (var (name, log) in logs)
            Look(name, search.In(log));
        var objects = await StoredAsync(bucket.Store, (name, bytes) => Look($"s3 {name}", search.In(name).Concat(search.InFile(name, bytes))));
        var told = await ToldAsync(discord, body => Look("alert", search.In(body)));
        foreach (var file in SharedMemory().Except(shared))
            Look(file, search.In(await File.ReadAllBytesAsync(file, cancellation)));
        Assert.True(leaks.Count == 0, string.Join('\n', leaks));

        // Everything was there to be looked at.
        Assert.Contains(watch.CommandLines.Keys, l => l.Contains("wal receive", StringComparison.Ordinal));
        Assert.Contains(watch.CommandLines.Keys, l => l.Contains("bot run", StringComparison.Ordinal));
        foreach (var program in (string[])["postgres", "initdb", "git"])
            Assert.Contains(watch.Environments.Keys, e => e.Program == program);
        var logged = string.Concat(logs.Values.Select(Encoding.UTF8.GetString));
        Assert.Contains("create role replicator", logged, StringComparison.Ordinal);
        Assert.Contains("SCRAM-SHA-256$4096", logged, StringComparison.Ordinal);
        Assert.True(objects > 20 && told > 0, $"{objects} objects, {told} messages");
        Tally.Add("rehearsal: secrets of its own and of its policy, searched for afterwards", (search.Names.Count, "secrets"), (watch.CommandLines.Count + watch.Environments.Count, "command lines and environments"), (objects, "stored objects"));
    }

    /// <summary>A policy in which everything secret is recognisable, and the variables that hold it.</summary>
    private static async Task SecretsAsync(SecretSearch search, CommandLine system, Listener discord, TestStore bucket)
    {
        var keys = await KeyFiles.GenerateAsync(Path.Combine(system.Folder, "more-keys"), TimeProvider.System, CommandLine.Cancellation);
        var ping = $"ping-{RandomNumberGenerator.GetHexString(20)}";
        var variables = system.Variables;
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["SOME_DATABASE_PASSWORD"] = $"of-the policy's/database\\{RandomNumberGenerator.GetHexString(12)}",
            ["SOME_GIT_TOKEN"] = $"ghp_{RandomNumberGenerator.GetHexString(36)}",
            ["SOME_DISCORD_URL"] = discord.Webhook,
            ["SOME_PING_URL"] = $"http://127.0.0.1:{discord.Port}/{ping}",
            ["SOME_IDENTITY"] = await File.ReadAllTextAsync(keys.IdentityFile, CommandLine.Cancellation),
            ["SOME_SIGNING_KEY"] = await File.ReadAllTextAsync(system.Keys.SigningFile, CommandLine.Cancellation),
            ["SOME_VERIFIER_KEY"] = await File.ReadAllTextAsync(keys.SigningFile, CommandLine.Cancellation),
        })
            variables[name] = value;
        search.Add("webhook's token", Listener.Secret);
        search.Add("dead man's switch", ping);
        search.Add("database password of the policy", variables["SOME_DATABASE_PASSWORD"]);
        search.Add("git token", variables["SOME_GIT_TOKEN"]);
        await AddIdentityAsync(search, "identity of the policy", keys.IdentityFile);
        await AddSigningAsync(search, "signing key of the policy", system.Keys.SigningFile);
        await AddSigningAsync(search, "verifier's key of the policy", keys.SigningFile);
        foreach (var (name, value) in bucket.Environment)
        {
            variables[name] = value;
            // The other is a name, not a secret.
            if (name == "AWS_SECRET_ACCESS_KEY")
                search.Add("secret S3 key", value);
        }

        await system.WritePolicyAsync(policy =>
        {
            policy["database"]!["password"] = "env:SOME_DATABASE_PASSWORD";
            policy["keys"]!["identity"] = "env:SOME_IDENTITY";
            policy["keys"]!["signingKey"] = "env:SOME_SIGNING_KEY";
            policy["keys"]!["verifierKey"] = "env:SOME_VERIFIER_KEY";
            policy["keys"]!["trustedVerifiers"] = new JsonArray(keys.SigningPublic.ToString());
            policy["alerts"] = new JsonObject { ["discord"] = "env:SOME_DISCORD_URL", ["ping"] = "env:SOME_PING_URL" };
            policy["backups"]!["repository"] = new JsonObject
            {
                ["schedule"] = "0 4 * * 0", ["keep"] = "1y", ["source"] = "https://github.test/bot.git", ["tokenSecret"] = "env:SOME_GIT_TOKEN",
            };
        });
    }

    /// <summary>What the rehearsal made for itself: from its folder, and from the files by which passwords went to PostgreSQL's tools.</summary>
    private static async Task AddItsOwnAsync(SecretSearch search, SessionWatch watch, string kept)
    {
        var settings = (await File.ReadAllLinesAsync(Path.Combine(kept, "host/app/.env"), CommandLine.Cancellation))
            .Select(line => line.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        search.Add("token of the bot", settings["BOT_TOKEN"]);
        search.Add("password of the bot", settings["DB_PASSWORD"]);
        // A receiver takes it out of its environment as soon as it has read it, so one must have been seen before.
        search.Add("password of the replicator", watch.Environments.Keys
            .Where(e => e.CommandLine.Contains("wal receive", StringComparison.Ordinal)).SelectMany(e => e.Environment.Split('\0'))
            .Where(v => v.StartsWith("PGPASSWORD=", StringComparison.Ordinal)).Select(v => v["PGPASSWORD=".Length..]).Distinct().Single(v => v.Length > 0));
        search.Add("password of the superuser", Assert.Single(watch.SecretFiles.Keys, f => f.Length > 10 && !f.Contains(':', StringComparison.Ordinal)).Trim());
        await AddIdentityAsync(search, "identity", Path.Combine(kept, "keys/operator", KeyFiles.IdentityName));
        await AddIdentityAsync(search, "the second identity", Path.Combine(kept, "keys/elsewhere", KeyFiles.IdentityName));
        await AddSigningAsync(search, "signing key", Path.Combine(kept, "keys/operator", KeyFiles.SigningName));
        await AddSigningAsync(search, "the verifier's key", Path.Combine(kept, "keys/elsewhere", KeyFiles.SigningName));
        foreach (var file in (string[])["server-ca.pem", "client-cert.pem", "client-key.pem"])
            search.Add(file == "client-key.pem" ? "TLS key" : file, (await File.ReadAllLinesAsync(Path.Combine(kept, "host/app/ssl-cert", file), CommandLine.Cancellation))[1]);
        // What a set holds beside secrets is nobody's business either.
        search.Add("a line of a log", File.ReadLines(Path.Combine(kept, "host/app/logs/bot.log.1")).ElementAt(100));
    }

    private static async Task AddIdentityAsync(SecretSearch search, string name, string file)
    {
        var identity = Assert.Single(await KeyFiles.ReadIdentitiesAsync(file, CommandLine.Cancellation));
        search.Add(name, identity.RevealText());
        search.Add($"{name}, its bytes", identity.Secret.ToArray());
    }

    /// <summary>The seed stands behind the algorithms, salt, limits and the number.</summary>
    private static async Task AddSigningAsync(SecretSearch search, string name, string file)
    {
        var text = (await File.ReadAllLinesAsync(file, CommandLine.Cancellation))[1];
        search.Add(name, text[40..]);
        search.Add($"{name}, its bytes", Convert.FromBase64String(text)[62..94]);
    }

    private static bool IsHome(string file) => Array.Exists(Homes, home => file.StartsWith(home, StringComparison.Ordinal)) || file.StartsWith("host/app/logs/", StringComparison.Ordinal);

    /// <summary>The rehearsal was given what is secret, and gives its receiver what that needs; the bot reads its own from its file.</summary>
    private static bool MayHold(string line, string found) =>
        line.Contains(" rehearse ", StringComparison.Ordinal)
        || (line.Contains(" wal receive ", StringComparison.Ordinal)
            && (found.StartsWith("password of the replicator,", StringComparison.Ordinal) || found.StartsWith("secret S3 key,", StringComparison.Ordinal)));

    /// <summary>The configuration lies in the store, and what opens it finds the secrets in it.</summary>
    private static async Task SealedAsync(SecretSearch search, TestStore bucket, string kept)
    {
        var keys = new KeyRing(
            [], await KeyFiles.ReadIdentitiesAsync(Path.Combine(kept, "keys/operator", KeyFiles.IdentityName), CommandLine.Cancellation), null,
            [(await KeyFiles.ReadSigningKeyAsync(Path.Combine(kept, "keys/operator", KeyFiles.SigningName), CommandLine.Cancellation)).Public]);
        var manifest = "";
        await foreach (var version in bucket.Store.ListVersionsAsync("", CommandLine.Cancellation))
        {
            if (version.Key.Contains("/configuration/", StringComparison.Ordinal) && version.Key.EndsWith(CatalogKeys.ManifestName, StringComparison.Ordinal))
                manifest = version.Key;
        }

        var id = manifest[..manifest.IndexOf("/rehearsal/", StringComparison.Ordinal)];
        await using var primary = ObjectStoreFactory.Open(bucket.Url.Replace("?", $"/{id}?", StringComparison.Ordinal), bucket.Environment);
        var catalog = new SetCatalog(primary, "rehearsal", keys);
        var set = (await catalog.ListAsync(SetKind.Configuration, CommandLine.Cancellation)).Sets[0];
        var found = new List<string>();
        foreach (var entry in set.Manifest.Objects)
        {
            await SetObjects.ReadAsync(
                catalog, set, entry,
                async stream =>
                {
                    using var content = new MemoryStream();
                    await stream.CopyToAsync(content, CommandLine.Cancellation);
                    found.AddRange(search.In(content.ToArray()));
                    return true;
                },
                TwiBackup.Progress.SilentProgress.Instance, CommandLine.Cancellation);
        }

        Assert.Contains("token of the bot, as it is", found);
        Assert.Contains("TLS key, as it is", found);
    }

    private static async Task<int> StoredAsync(IObjectStore store, Action<string, byte[]> look)
    {
        var count = 0;
        var versions = new List<ObjectVersion>();
        await foreach (var version in store.ListVersionsAsync("", CommandLine.Cancellation))
            versions.Add(version);
        foreach (var key in versions.Select(v => v.Key).Distinct(StringComparer.Ordinal))
        {
            look(key, await store.ReadBytesAsync(key, int.MaxValue, CommandLine.Cancellation));
            count++;
        }

        return count;
    }

    /// <summary>Paths are the secret; what stands in the messages is everybody's.</summary>
    private static async Task<int> ToldAsync(Listener listener, Action<string> look)
    {
        var count = 0;
        for (; listener.Left > 0; count++)
            look((await listener.NextAsync()).Body);
        return count;
    }

    private static string[] SharedMemory() => Directory.Exists("/dev/shm") ? Directory.GetFiles("/dev/shm") : [];
}
