using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Sealing;
using TwiBackup.Tests.Postgres;
using TwiBackup.Tests.Stores;

namespace TwiBackup.Tests.Invariants;

/// <summary>A server, a store, key files and a policy, and the program itself run on them as a person or a scheduler would.</summary>
internal sealed class CommandLine : IAsyncDisposable
{
    public const string System = "twi";

    private readonly DirectoryInfo folder;

    private CommandLine(TestPostgres server, TestStore store, DirectoryInfo folder, GeneratedKeys keys, KeyRing ring)
    {
        Server = server;
        Store = store;
        this.folder = folder;
        Keys = keys;
        Catalog = new SetCatalog(store.Store, System, ring);
        StoreUrl = store.Url;
    }

    public TestPostgres Server { get; }

    public TestStore Store { get; }

    public GeneratedKeys Keys { get; }

    public SetCatalog Catalog { get; }

    public string Folder => folder.FullName;

    /// <summary>Where the policy says the store is; another address of the same store where a test stands between.</summary>
    public string StoreUrl { get; private set; }

    /// <summary>What is run: <see cref="Program"/>, or the native executable that users have, which starts at once.</summary>
    public string Executable { get; init; } = Program;

    /// <summary>The account that the program runs as; null: our own. Only root can choose.</summary>
    public string? RunAs { get; set; }

    /// <summary>Variables that the program is started with beside those of the store and the server's password.</summary>
    public Dictionary<string, string> Variables { get; } = new(StringComparer.Ordinal);

    public string PolicyPath => Path.Combine(Folder, "twibackup.json");

    public static string Program => Path.Combine(AppContext.BaseDirectory, "twibackup");

    /// <summary>The native executable where ./test has published it.</summary>
    public static string Fastest => Environment.GetEnvironmentVariable("TWIBACKUP_NATIVE") is { Length: > 0 } native ? native : Program;

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static Task<CommandLine> StartAsync(params (string Name, string Value)[] settings) =>
        StartAsync(Program, new InitOptions(), TestStores.NewFileStore(), settings);

    /// <summary>The same with another executable, kind of cluster, and store, which is then owned.</summary>
    public static async Task<CommandLine> StartAsync(string executable, InitOptions init, TestStore store, params (string Name, string Value)[] settings)
    {
        var server = await TestPostgres.StartAsync(init, settings);
        await server.ExecuteAsync(
            "postgres", "grant pg_monitor to replicator", "grant execute on function pg_create_restore_point(text) to replicator");
        var folder = Directory.CreateTempSubdirectory("twi-cli-");
        var keys = await KeyFiles.GenerateAsync(Path.Combine(folder.FullName, "keys"), TimeProvider.System, Cancellation);
        var ring = new KeyRing(
            [keys.Recipient],
            await KeyFiles.ReadIdentitiesAsync(keys.IdentityFile, Cancellation),
            await KeyFiles.ReadSigningKeyAsync(keys.SigningFile, Cancellation),
            [keys.SigningPublic]);
        var system = new CommandLine(server, store, folder, keys, ring) { Executable = executable };
        // Data directories below it belong to the server's account, which must be let through.
        File.SetUnixFileMode(folder.FullName, (UnixFileMode)0b111_001_001);
        await system.WritePolicyAsync(_ => { });
        return system;
    }

    /// <summary>Has the program reach the store at another address.</summary>
    public Task UseStoreAsync(string url)
    {
        StoreUrl = url;
        return WritePolicyAsync(_ => { });
    }

    /// <summary>Writes the policy, changed by <paramref name="change"/>.</summary>
    public Task WritePolicyAsync(Action<JsonObject> change)
    {
        var policy = new JsonObject
        {
            ["version"] = 1,
            ["system"] = System,
            ["database"] = new JsonObject
            {
                ["mode"] = "physical",
                ["connection"] = $"host=127.0.0.1 port={Server.Port} user=replicator dbname=postgres sslmode=disable",
                ["password"] = "env:TWI_TEST_PASSWORD",
                ["slot"] = "twibackup",
            },
            ["stores"] = new JsonObject { ["primary"] = StoreUrl },
            ["keys"] = new JsonObject
            {
                ["recipients"] = new JsonArray(Keys.Recipient.ToString()),
                ["identity"] = $"file:{Keys.IdentityFile}",
                ["signingKey"] = $"file:{Keys.SigningFile}",
                ["verifierKey"] = $"file:{Keys.SigningFile}",
                ["trusted"] = new JsonArray(Keys.SigningPublic.ToString()),
                ["trustedVerifiers"] = new JsonArray(Keys.SigningPublic.ToString()),
            },
            ["backups"] = new JsonObject
            {
                ["full"] = new JsonObject { ["schedule"] = "0 2 * * *", ["keep"] = "30d", ["level"] = 1 },
                ["incremental"] = new JsonObject { ["schedule"] = "0 * * * *", ["keep"] = "7d", ["flushInterval"] = "1s" },
            },
            ["recoveryWindow"] = "7d",
            ["objectives"] = new JsonObject
            {
                ["database"] = new JsonObject { ["rpo"] = "1h", ["rto"] = "2h" },
                ["system"] = new JsonObject { ["rto"] = "2h" },
            },
        };
        change(policy);
        return File.WriteAllTextAsync(PolicyPath, policy.ToJsonString(), Cancellation);
    }

    /// <summary>The policy of a server without physical replication, where the superuser on its socket dumps <paramref name="databases"/>.</summary>
    public Task WriteDumpPolicyAsync(params string[] databases) => WritePolicyAsync(policy =>
    {
        policy["database"] = new JsonObject
        {
            ["mode"] = "dump",
            ["connection"] = $"host={Server.Superuser.Host} port={Server.Port} user=postgres dbname=postgres",
            ["databases"] = new JsonArray([.. databases.Select(d => JsonValue.Create(d))]),
        };
        policy["backups"] = new JsonObject { ["dump"] = new JsonObject { ["schedule"] = "0 * * * *", ["keep"] = "30d", ["lockTimeout"] = "20s" } };
    });

    /// <summary>Changes the policy that is there.</summary>
    public async Task ChangePolicyAsync(Action<JsonObject> change)
    {
        var policy = JsonNode.Parse(await File.ReadAllTextAsync(PolicyPath, Cancellation))!.AsObject();
        change(policy);
        await File.WriteAllTextAsync(PolicyPath, policy.ToJsonString(), Cancellation);
    }

    /// <summary>Starts the program; what it says is in the result of <see cref="EndAsync"/>.</summary>
    public Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(Executable) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Folder };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.ArgumentList.Add("--policy");
        start.ArgumentList.Add(PolicyPath);
        start.Environment["TWI_TEST_PASSWORD"] = TestPostgres.ReplicatorPassword;
        foreach (var (name, value) in Store.Environment)
            start.Environment[name] = value;
        foreach (var (name, value) in Variables)
            start.Environment[name] = value;
        if (RunAs is not null)
            start.UserName = RunAs;
        return Process.Start(start)!;
    }

    public async Task<Outcome> RunAsync(params string[] arguments) => await EndAsync(Start(arguments));

    public static async Task<Outcome> EndAsync(Process process)
    {
        using (process)
        {
            var output = process.StandardOutput.ReadToEndAsync(Cancellation);
            var errors = process.StandardError.ReadToEndAsync(Cancellation);
            await process.WaitForExitAsync(Cancellation);
            return new Outcome(process.ExitCode, await output, await errors);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Store.DisposeAsync();
        folder.Delete(recursive: true);
    }

    /// <summary>How the program ended, and what it said.</summary>
    public sealed record Outcome(int ExitCode, string Output, string Errors)
    {
        /// <summary>The last line of standard error: the reason.</summary>
        public string Reason => Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries) is [.., var last] ? last : "";
    }
}
