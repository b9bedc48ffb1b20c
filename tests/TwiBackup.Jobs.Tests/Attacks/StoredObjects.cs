using System.Text;
using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Sealing;
using TwiBackup.Tests.Catalog;
using TwiBackup.Tests.Stores;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Attacks;

/// <summary>
/// A store with one of each: two sets of several volumes, whole segments, tails, histories, marks, a restore point. What an attacker mutates,
/// and what the plaintext of each is.
/// </summary>
internal sealed class StoredObjects : IAsyncDisposable
{
    public const int SegmentSize = 1 << 20;

    private readonly TestStore store = TestStores.NewFileStore();

    public KeyRing Keys { get; } = SampleSets.NewKeys();

    public string Root => store.Root;

    public SetCatalog Catalog { get; }

    public WalLayout Layout { get; } = new(SampleSets.System, 15, 7000000000000000001);

    public BackupSet Older { get; private set; } = null!;

    public BackupSet Newer { get; private set; } = null!;

    /// <summary>What a server would be given, by segment or history name.</summary>
    public Dictionary<string, byte[]> Wal { get; } = [];

    private static CancellationToken Cancellation => SampleSets.Cancellation;

    public static async Task<StoredObjects> CreateAsync(int seed)
    {
        var random = new Random(seed);
        var objects = new StoredObjects();
        objects.Older = await objects.WriteSetAsync(random);
        objects.Newer = await objects.WriteSetAsync(random);
        await objects.WriteWalAsync(random);
        return objects;
    }

    private StoredObjects() => Catalog = new SetCatalog(store.Store, SampleSets.System, Keys);

    /// <summary>Keys of everything below the system's folder, in order.</summary>
    public List<string> AllKeys() =>
    [
        .. Directory.EnumerateFiles(Path.Combine(Root, SampleSets.System), "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Root, file)).Order(StringComparer.Ordinal),
    ];

    public byte[] Read(string key) => File.ReadAllBytes(Path.Combine(Root, key));

    public void Write(string key, byte[] content) => File.WriteAllBytes(Path.Combine(Root, key), content);

    public void Delete(string key) => File.Delete(Path.Combine(Root, key));

    public WalFetch NewFetch() => new(store.Store, Keys, Layout, new WalFetchOptions(), _ => { });

    public WalMarks NewMarks() => new(store.Store, Keys, Layout);

    public ValueTask DisposeAsync() => store.DisposeAsync();

    private Task<BackupSet> WriteSetAsync(Random random) => SampleSets.WriteAsync(
        Catalog, SetKind.Full,
        ("base.0000.tar.zst.age", Bytes(random, 300_000)), ("base.0001.tar.zst.age", Bytes(random, 200)), ("wal/000000010000000000000001.zst.age", Bytes(random, 70_000)));

    private async Task WriteWalAsync(Random random)
    {
        var writer = new WalObjects(store.Store, Keys, Layout, _ => { });
        await writer.PutClusterFactsAsync(SegmentSize, Cancellation);
        var mark = new WalMark(SampleSets.Epoch, new Lsn(SegmentSize));
        for (var number = 1UL; number <= 3; number++)
        {
            var name = new WalSegment(1, number, SegmentSize).Name;
            Wal[name] = Bytes(random, SegmentSize);
            await writer.PutSegmentAsync(name, Wal[name], mark, Cancellation);
        }

        var last = new WalSegment(1, 4, SegmentSize).Name;
        var content = Wal[last] = Bytes(random, SegmentSize);
        content.AsSpan(200_000).Clear();
        var first = await writer.PutTailAsync(last, 0, content.AsMemory(0, 100_000), mark, null, Cancellation);
        await writer.PutTailAsync(last, 100_000, content.AsMemory(100_000, 100_000), mark, first, Cancellation);
        Wal["00000002.history"] = Encoding.ASCII.GetBytes("1\t0/430D40\tno recovery target specified\n");
        await writer.PutHistoryAsync(2, Wal["00000002.history"], Cancellation);
        await writer.PutMarkAsync(1, new WalMark(SampleSets.Epoch.AddMinutes(1), new Lsn((4 * SegmentSize) + 200_000)), Cancellation);
    }

    /// <summary>Half of it compresses: frames of both kinds.</summary>
    private static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes.AsSpan(0, length / 2));
        return bytes;
    }
}
