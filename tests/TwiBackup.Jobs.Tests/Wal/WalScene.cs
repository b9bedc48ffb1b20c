using System.Text;
using TwiBackup.Stores;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Wal;

/// <summary>An archive of segments of 1 MiB that tests put good and bad objects into, and fetch from.</summary>
public abstract class WalScene : IAsyncLifetime
{
    protected const int Size = 1 << 20;
    protected const string AnyHash = "00000000000000000000000000000000";

    protected static WalLayout Layout { get; } = new(WalTest.System, 15, 7301234567890123456);

    protected static CancellationToken Cancellation => WalTest.Cancellation;

    /// <summary>What the fetches said.</summary>
    protected List<string> Said { get; } = [];

    internal WalTest Test { get; private set; } = null!;

    protected WalObjects Objects { get; private set; } = null!;

    /// <summary>Where the fetched file lies.</summary>
    protected string Destination => Path.Combine(Test.Folder, "RECOVERYXLOG");

    public async ValueTask InitializeAsync()
    {
        Test = WalTest.Create();
        Objects = new WalObjects(Test.Store, Test.Keys, Layout, Test.Tell);
        await Objects.PutClusterFactsAsync(Size, Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await Test.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Puts what nobody signed.</summary>
    protected Task<ObjectInfo> PlantAsync(string key) =>
        Test.Store.PutBytesAsync(key, Encoding.ASCII.GetBytes("your files are ours"), PutCondition.IfAbsent, Cancellation);

    protected Task<WalFetchResult> FetchAsync(string name, WalFetchOptions? options = null) =>
        new WalFetch(Test.Store, Test.ReadKeys, Layout, options ?? new WalFetchOptions(), Said.Add).FetchAsync(name, Destination, Cancellation);
}
