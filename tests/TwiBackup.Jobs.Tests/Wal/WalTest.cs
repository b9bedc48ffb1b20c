using System.Collections.Concurrent;
using System.Diagnostics;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Sealing;
using TwiBackup.Tests.Postgres;
using TwiBackup.Tests.Stores;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Wal;

/// <summary>A store, keys, and a receiver that runs in the background; what the tests of this folder share.</summary>
internal sealed class WalTest : IAsyncDisposable
{
    public const string System = "twi";

    private readonly ConcurrentQueue<WalEvent> _events = [];
    private readonly TestStore _store;
    private CancellationTokenSource _stop = new();

    private WalTest(TestStore store)
    {
        _store = store;
        Store = new SwitchStore(store.Store);
        var (identity, signer) = (AgeIdentity.Generate(), SigningKey.Generate());
        Keys = new KeyRing([identity.Recipient], [], signer, []);
        ReadKeys = new KeyRing([], [identity], null, [signer.Public]);
    }

    public SwitchStore Store { get; }

    /// <summary>What a writer holds: it can't open what it sealed.</summary>
    public KeyRing Keys { get; }

    /// <summary>What who restores holds.</summary>
    public KeyRing ReadKeys { get; }

    /// <summary>A scratch folder.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("twi-wal-").FullName;

    public WalReceiver? Receiver { get; private set; }

    public Task<WalReceiverResult> Running { get; private set; } = Task.FromResult(WalReceiverResult.Stopped);

    public IReadOnlyCollection<WalEvent> Events => _events;

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>On a folder.</summary>
    public static WalTest Create() => new(TestStores.NewFileStore());

    /// <summary>On a versioned bucket.</summary>
    public static async Task<WalTest> CreateOnS3Async() => new(await TestStores.NewS3StoreAsync());

    public static WalReceiverOptions Options(TestPostgres postgres) => new()
    {
        System = System,
        Connection = postgres.Replicator,
        Slot = "twibackup",
        FlushInterval = TimeSpan.FromMilliseconds(200),
        MarkInterval = null,
        ShutdownPatience = TimeSpan.FromSeconds(3),
    };

    public void Receive(WalReceiverOptions options)
    {
        _stop = new CancellationTokenSource();
        Receiver = NewReceiver(options);
        Running = Receiver.RunAsync(_stop.Token);
    }

    public WalReceiver NewReceiver(WalReceiverOptions options) =>
        new(options, Store, Keys, Tell, SilentProgress.Instance, TimeProvider.System);

    public void Tell(WalEvent said) => _events.Enqueue(said);

    /// <summary>Ends the receiver as SIGTERM would.</summary>
    public async Task<WalReceiverResult> StopAsync()
    {
        await _stop.CancelAsync();
        var result = await Running.WaitAsync(TimeSpan.FromSeconds(15), Cancellation);
        await Receiver!.DisposeAsync();
        return result;
    }

    /// <summary>Waits until the store holds everything that the server had flushed when this was called.</summary>
    public async Task<Lsn> CatchUpAsync(TestPostgres postgres)
    {
        var target = Lsn.Parse(await postgres.ScalarAsync("select pg_current_wal_flush_lsn()"));
        await UntilAsync(() => Receiver!.Status.Durable >= target, $"durable {target}");
        return target;
    }

    public async Task UntilAsync(Func<bool> condition, string what, int seconds = 30)
    {
        var since = Stopwatch.StartNew();
        while (!condition())
        {
            if (Running.IsCompleted && Receiver is not null)
                await Running;
            Assert.True(since.Elapsed.TotalSeconds < seconds, $"{what}: not within {seconds} s; {Receiver?.Status}; {string.Join(" | ", _events.Select(e => e.Message))}");
            await Task.Delay(20, Cancellation);
        }
    }

    public async Task<WalLayout> LayoutAsync()
    {
        await foreach (var folder in Store.ListFoldersAsync(WalLayout.ClustersOf(System), Cancellation))
        {
            if (WalLayout.TryParseCluster(System, folder.TrimEnd('/').Split('/')[^1], out var layout))
                return layout!;
        }

        throw new InvalidOperationException("The store holds no cluster.");
    }

    public async Task<WalFetch> FetchAsync(WalFetchOptions? options = null) =>
        new(Store, ReadKeys, await LayoutAsync(), options ?? new WalFetchOptions(), _ => { });

    public async Task<WalChain> ChainAsync() => await WalChain.LoadAsync(Store, await LayoutAsync(), Cancellation);

    public async Task<List<string>> KeysAsync(string prefix = "")
    {
        var keys = new List<string>();
        await foreach (var info in Store.ListAsync(prefix, null, Cancellation))
            keys.Add(info.Key);
        return keys;
    }

    /// <summary>Compares every segment from <paramref name="from"/> to <paramref name="to"/> with the server's pg_wal, byte for byte.</summary>
    public async Task<int> CompareAsync(TestPostgres postgres, Lsn from, Lsn to, uint timeline = 1)
    {
        var size = (await ChainAsync()).SegmentSize;
        var fetch = await FetchAsync();
        var segments = 0;
        for (var segment = WalSegment.Containing(from, timeline, size); segment.Start < to; segment = segment.Next)
        {
            var path = Path.Combine(Folder, segment.Name);
            Assert.Equal(WalFetchResult.Fetched, await fetch.FetchAsync(segment.Name, path, Cancellation));
            var ours = await File.ReadAllBytesAsync(path, Cancellation);
            var theirs = await File.ReadAllBytesAsync(Path.Combine(postgres.DataDirectory, "pg_wal", segment.Name), Cancellation);
            Assert.Equal(size, ours.Length);
            var length = (int)Math.Min((ulong)size, to - segment.Start);
            Assert.True(ours.AsSpan(0, length).SequenceEqual(theirs.AsSpan(0, length)), segment.Name);
            File.Delete(path);
            segments++;
        }

        return segments;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await ((Task)Running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (Receiver is not null)
            await Receiver.DisposeAsync();
        _stop.Dispose();
        await _store.DisposeAsync();
        Directory.Delete(Folder, true);
    }
}
