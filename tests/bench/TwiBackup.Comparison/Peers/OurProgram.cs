using System.Text.Json.Nodes;
using TwiBackup.Comparison.Measure;
using TwiBackup.Postgres;

namespace TwiBackup.Comparison.Peers;

/// <summary>Ours: the native executable with a policy for one server and one store.</summary>
internal sealed class OurProgram
{
    /// <summary>The system's name in the policy and the store.</summary>
    public const string System = "bench";

    private readonly Bench _bench;
    private readonly BenchServer? _server;
    private readonly string _policy;
    private readonly IReadOnlyDictionary<string, string?>? _environment;

    private OurProgram(Bench bench, BenchServer? server, string policy, string? store, IReadOnlyDictionary<string, string?>? environment) =>
        (_bench, _server, _policy, Store, _environment) = (bench, server, policy, store, environment);

    /// <summary>The store's folder; null when it is none.</summary>
    public string? Store { get; }

    /// <summary>With a new store in a folder.</summary>
    public static async Task<OurProgram> CreateAsync(
        Bench bench, BenchServer? server, string name, CancellationToken cancellationToken, int workers = 2)
    {
        var store = bench.NewFolder($"store-{name}");
        return new OurProgram(bench, server, await WritePolicyAsync(bench, server, name, $"file://{store}", workers, cancellationToken), store, null);
    }

    /// <summary>With a store in a bucket.</summary>
    public static async Task<OurProgram> CreateAsync(Bench bench, BenchServer? server, string name, Radosgw radosgw, CancellationToken cancellationToken)
    {
        var policy = await WritePolicyAsync(bench, server, name, await radosgw.NewBucketAsync(name, cancellationToken), 2, cancellationToken);
        return new OurProgram(bench, server, policy, null, radosgw.Environment);
    }

    /// <summary>Runs a command to its end. What the server did for it is counted in.</summary>
    public Task<Usage> RunAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        Task<Usage> Run() => TimedProcess.RunAsync(
            _bench.Folder, _bench.Account, _bench.Executable, [.. arguments, "--policy", _policy], _environment, cancellationToken);
        return _server is null ? Run() : _server.ChargeAsync(Run);
    }

    /// <summary>Starts a command that runs until it is told to stop.</summary>
    public TimedProcess Start(params string[] arguments) =>
        TimedProcess.Start(_bench.Folder, _bench.Account, _bench.Executable, [.. arguments, "--policy", _policy], _environment);

    /// <summary>Takes a full; only the newest stays.</summary>
    public async Task<Usage> BackUpAsync(CancellationToken cancellationToken)
    {
        if (Store is null)
            return await RunAsync(cancellationToken, "backup", "database");
        var sets = Path.Combine(Store, System, "database", "full");
        var before = Directory.Exists(sets) ? Directory.GetDirectories(sets) : [];
        var usage = await RunAsync(cancellationToken, "backup", "database");
        foreach (var set in before)
            Directory.Delete(set, recursive: true);
        return usage with { Stored = Disk.BytesBelow(sets) };
    }

    /// <summary>
    /// Restores to the newest point, starts the server, and waits until it can be written to. What that left in the store goes.
    /// <paramref name="beforeOpening"/> sees the directory before that start.
    /// </summary>
    public async Task<Usage> RestoreAsync(CancellationToken cancellationToken, Action? beforeOpening = null)
    {
        var directory = _bench.NewRestored();
        var before = Directory.GetFiles(Store!, "*", SearchOption.AllDirectories);
        var usage = await TimedProcess.RunAsync(
            _bench.Folder, _bench.Account, _bench.Executable, ["restore", "database", directory, "--no-slot", "--policy", _policy], _environment,
            cancellationToken);
        beforeOpening?.Invoke();
        var watch = global::System.Diagnostics.Stopwatch.StartNew();
        var opened = await BenchServer.OpenRestoredAsync(_bench, directory, cancellationToken);
        usage = usage with { Wall = usage.Wall + watch.Elapsed.TotalSeconds, Cpu = usage.Cpu + opened };
        // The new timeline's history would be the next restore's target.
        foreach (var file in Directory.GetFiles(Store!, "*", SearchOption.AllDirectories).Except(before))
            File.Delete(file);
        return usage;
    }

    private static async Task<string> WritePolicyAsync(
        Bench bench, BenchServer? server, string name, string store, int workers, CancellationToken cancellationToken)
    {
        var connection = server?.Connection ?? new ConnectionSettings { Host = "localhost", User = "nobody" };
        var policy = new JsonObject
        {
            ["version"] = 1,
            ["system"] = System,
            ["database"] = new JsonObject
            {
                ["mode"] = "physical",
                ["connection"] = $"host={connection.Host} port={connection.Port} user={connection.User} dbname=postgres sslmode=disable",
                ["slot"] = "twibackup",
            },
            ["stores"] = new JsonObject { ["primary"] = store },
            ["keys"] = new JsonObject
            {
                ["recipients"] = new JsonArray(bench.Keys.Recipient.ToString()),
                ["identity"] = $"file:{bench.Keys.IdentityFile}",
                ["signingKey"] = $"file:{bench.Keys.SigningFile}",
                ["trusted"] = new JsonArray(bench.Keys.SigningPublic.ToString()),
            },
            ["backups"] = new JsonObject
            {
                ["full"] = new JsonObject { ["schedule"] = "0 2 * * *", ["keep"] = "30d", ["level"] = 3, ["workers"] = workers },
                ["incremental"] = new JsonObject { ["schedule"] = "0 * * * *", ["keep"] = "7d", ["flushInterval"] = "1s" },
            },
            ["recoveryWindow"] = "7d",
            ["objectives"] = new JsonObject { ["database"] = new JsonObject { ["rpo"] = "1h", ["rto"] = "2h" }, ["system"] = new JsonObject { ["rto"] = "2h" } },
        };
        var path = Path.Combine(bench.Folder, $"policy-{name}.json");
        await File.WriteAllTextAsync(path, policy.ToJsonString(), cancellationToken);
        bench.Account.Chown(path);
        return path;
    }
}
