using System.Diagnostics;
using System.Security.Cryptography;
using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Sealing;
using TwiBackup.Stores;
using TwiBackup.Tests.Postgres;
using TwiBackup.Tests.Stores;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Database;

/// <summary>A server with WAL segments of 1 MiB, a file store, keys, and a receiver when asked for: what restores are tried on.</summary>
public sealed class BackedUpServer : IAsyncDisposable
{
    public const string System = "twi";
    public const string Slot = "twibackup";

    private CancellationTokenSource _stop = new();
    private Task<WalReceiverResult>? _running;
    private int _restores;

    private BackedUpServer(TestPostgres server, TestStore store, KeyRing keys)
    {
        Server = server;
        Store = store;
        Keys = keys;
        Catalog = new SetCatalog(store.Store, System, keys);
        Folder = TestEnvironment.Account.CreatePrivateDirectory("twi-restore-");
    }

    public TestPostgres Server { get; private set; }

    public TestStore Store { get; }

    public KeyRing Keys { get; }

    public SetCatalog Catalog { get; }

    /// <summary>Restored clusters lie here.</summary>
    public string Folder { get; }

    public WalReceiver? Receiver { get; private set; }

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static Task<BackedUpServer> StartAsync(params (string Name, string Value)[] settings) =>
        StartAsync(new InitOptions { WalSegmentSizeMb = 1 }, settings);

    public static async Task<BackedUpServer> StartAsync(InitOptions init, params (string Name, string Value)[] settings)
    {
        var server = await TestPostgres.StartAsync(init, settings);
        await server.ExecuteAsync(
            "postgres", "grant pg_monitor to replicator", "grant execute on function pg_create_restore_point(text) to replicator");
        return new BackedUpServer(server, TestStores.NewFileStore(), NewKeys());
    }

    /// <summary>Writes garbage into the first page of a table, behind PostgreSQL's back.</summary>
    public async Task CorruptAsync(string table)
    {
        var file = Path.Combine(Server.DataDirectory, await AskAsync($"select pg_relation_filepath('{table}')"));
        Assert.True(await Server.Server.StopAsync(StopMode.Fast, TimeSpan.FromSeconds(60), Cancellation));
        await using (var page = new FileStream(file, FileMode.Open, FileAccess.Write))
        {
            // Line pointers begin behind the header of 24 bytes.
            page.Position = 24;
            page.Write([0x77, 0x77, 0x77, 0x77, 0x77, 0x77, 0x77, 0x77]);
        }

        await Server.StartAgainAsync();
    }

    public static KeyRing NewKeys()
    {
        var identity = AgeIdentity.Generate();
        var signer = SigningKey.Generate();
        return new KeyRing([identity.Recipient], [identity], signer, [signer.Public]);
    }

    public Task ExecuteAsync(params string[] statements) => Server.ExecuteAsync("app", statements);

    public Task<string> AskAsync(string query) => Server.ScalarAsync(query, "app");

    public Task<BackupSet> BackUpAsync(SetCatalog? catalog = null, FullBackupOptions? options = null, TimeProvider? clock = null) =>
        new FullBackup(catalog ?? Catalog, Server.Replicator, options ?? Options(), clock ?? TimeProvider.System, SilentProgress.Instance).RunAsync(Cancellation);

    /// <summary>Volumes of 4 MiB, so that there are several.</summary>
    public static FullBackupOptions Options() => new() { Keep = TimeSpan.FromDays(30), Level = 1, VolumeSize = 4 << 20 };

    public WalReceiverOptions ReceiverOptions() => new()
    {
        System = System,
        Connection = Server.Replicator,
        Slot = Slot,
        FlushInterval = TimeSpan.FromMilliseconds(200),
        MarkInterval = TimeSpan.FromMilliseconds(300),
    };

    public async Task StartReceiverAsync(Action<WalEvent>? onEvent = null)
    {
        _stop = new CancellationTokenSource();
        Receiver = new WalReceiver(ReceiverOptions(), Store.Store, Keys, onEvent ?? (_ => { }), SilentProgress.Instance, TimeProvider.System);
        _running = Receiver.RunAsync(_stop.Token);
        await UntilAsync(() => Receiver.Status.Connected, "receiver connected");
    }

    public async Task StopReceiverAsync()
    {
        await _stop.CancelAsync();
        await _running!;
        await Receiver!.DisposeAsync();
        Receiver = null;
    }

    /// <summary>Waits until everything that the server has flushed is in the store.</summary>
    public async Task CatchUpAsync()
    {
        var target = Lsn.Parse(await AskAsync("select pg_current_wal_flush_lsn()"));
        await UntilAsync(() => Receiver!.Status.Durable >= target, $"durable {target}");
    }

    public async Task UntilAsync(Func<bool> condition, string what)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            if (_running is { IsCompleted: true })
                await _running;
            Assert.True(watch.Elapsed.TotalSeconds < 60, $"{what}: not within a minute; {Receiver?.Status}");
            await Task.Delay(20, Cancellation);
        }
    }

    /// <summary>Ends this server; another, restored one goes on under the same store.</summary>
    public async Task ReplaceServerAsync(string dataDirectory)
    {
        await Server.DisposeAsync();
        Server = await TestPostgres.StartOnAsync(dataDirectory);
    }

    public Task<RestorePlan> PlanAsync(RecoveryTarget target, string? setId = null) =>
        new RestorePlanner(Catalog, TimeProvider.System).PlanAsync(target, setId, Cancellation);

    /// <summary>A path where nothing is, in a folder of its own.</summary>
    public string NewDataDirectory()
    {
        var parent = Path.Combine(Folder, $"r{Interlocked.Increment(ref _restores)}");
        Directory.CreateDirectory(parent);
        TestEnvironment.Account.Chown(parent);
        return Path.Combine(parent, "data");
    }

    public async Task<RestoredServer> RestoreAsync(RecoveryTarget target, SetCatalog? catalog = null, RestoreOptions? options = null) =>
        await Restore(options ?? new RestoreOptions { DataDirectory = NewDataDirectory(), Scratch = true }, catalog)
            .RunAsync(await PlanAsync(target), Cancellation);

    public DatabaseRestore Restore(RestoreOptions options, SetCatalog? catalog = null) =>
        new(catalog ?? Catalog, TestEnvironment.Installation, TestEnvironment.Account, options, SilentProgress.Instance);

    /// <summary>Every file of the store with its hash.</summary>
    public SortedDictionary<string, string> Photograph()
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(Store.Root, "*", SearchOption.AllDirectories))
            files[Path.GetRelativePath(Store.Root, file)] = Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)));
        return files;
    }

    /// <summary>Deletes what the store holds of a segment: whole, tails and all.</summary>
    public int LoseSegment(string segment)
    {
        var lost = Directory.EnumerateFiles(Path.Combine(Store.Root, System, "wal"), "*", SearchOption.AllDirectories)
            .Where(f => f.Contains($"/{segment}", StringComparison.Ordinal)).ToList();
        lost.ForEach(File.Delete);
        return lost.Count;
    }

    public async ValueTask DisposeAsync()
    {
        if (Receiver is not null)
            await StopReceiverAsync();
        _stop.Dispose();
        await Server.DisposeAsync();
        await Store.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
