using System.CommandLine;
using TwiBackup.Commands;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Wal;

/// <summary>The exit codes that PostgreSQL sees.</summary>
public sealed class WalCommandTests
{
    private const int Size = 1 << 20;

    private static readonly WalLayout Layout = new(WalTest.System, 15, 7301234567890123456);

    [Fact]
    public async Task Fetch_ends_with_0_1_or_126_and_nothing_else()
    {
        await using var test = WalTest.Create();
        var objects = new WalObjects(test.Store, test.Keys, Layout, test.Tell);
        await objects.PutClusterFactsAsync(Size, WalTest.Cancellation);
        foreach (var number in (ulong[])[1, 3])
            await objects.PutSegmentAsync(new WalSegment(1, number, Size).Name, new byte[Size], null, WalTest.Cancellation);
        var x = Path.Combine(test.Folder, "x");
        Assert.Equal(0, await RunAsync(test, "fetch", "000000010000000000000001", x, "--cluster", Layout.Cluster));
        Assert.Equal(1, await RunAsync(test, "fetch", "000000010000000000000004", x, "--cluster", Layout.Cluster));
        Assert.Equal(1, await RunAsync(test, "fetch", "00000002.history", x, "--cluster", Layout.Cluster));
        Assert.Equal(1, await RunAsync(test, "fetch", "000000010000000000000002", x, "--cluster", Layout.Cluster, "--until", "0/200000"));
        Assert.Equal(126, await RunAsync(test, "fetch", "000000010000000000000002", x, "--cluster", Layout.Cluster));
        Assert.Equal(126, await RunAsync(test, "fetch", "000000010000000000000004.partial", x, "--cluster", Layout.Cluster));
        Assert.Equal(126, await RunAsync(test, "fetch", "000000010000000000000004", x, "--cluster", "15"));
        Assert.Equal(126, await RunAsync(test, "fetch", "000000010000000000000004", x));
        Assert.Equal(126, await RunAsync(test, "fetch", "000000010000000000000004", x, "--cluster"));
        Assert.Equal(126, await RunAsync(test, "fetch", "000000010000000000000004", x, "--cluster", Layout.Cluster, "--timeline", "latest"));
        Assert.Equal(126, await RunAsync(test, "fetch", "000000010000000000000004", x, "--timeline", "1", "--timeline", "2", "--cluster", Layout.Cluster));
        Assert.Equal(126, await RunAsync(test, "fetch", "000000010000000000000004", x, "--until", "--cluster", Layout.Cluster));
        Assert.Equal(126, await RunAsync(test, "fetch", "000000010000000000000004", x, "--no-such-option"));
        Assert.Equal(126, await RunAsync(test, "fetch", "000000010000000000000004"));
        Assert.Equal(126, await RunAsync(test, "fetch"));
        test.Store.Down = true;
        Assert.Equal(126, await RunAsync(test, "fetch", "000000010000000000000004", x, "--cluster", Layout.Cluster));
    }

    [Fact]
    public async Task Show_ends_with_3_when_WAL_is_missing()
    {
        await using var test = WalTest.Create();
        var objects = new WalObjects(test.Store, test.Keys, Layout, test.Tell);
        await objects.PutClusterFactsAsync(Size, WalTest.Cancellation);
        await objects.PutSegmentAsync("000000010000000000000001", new byte[Size], null, WalTest.Cancellation);
        Assert.Equal(0, await RunAsync(test, "show"));
        await objects.PutSegmentAsync("000000010000000000000003", new byte[Size], null, WalTest.Cancellation);
        Assert.Equal(3, await RunAsync(test, "show", "--json"));
        var chains = new List<WalChain> { await WalChain.LoadAsync(test.Store, Layout, WalTest.Cancellation) };
        Assert.Contains("000000010000000000000002 is missing", WalShowCommand.ToText(chains, "x"), StringComparison.Ordinal);
        Assert.Contains("\"000000010000000000000002 is missing", WalShowCommand.ToJson(chains), StringComparison.Ordinal);
    }

    private static Task<int> RunAsync(WalTest test, params string[] arguments)
    {
        var services = new WalServices(WalTest.System, test.Store, test.ReadKeys, null, SilentProgress.Instance, test.Tell);
        var root = new RootCommand { WalCommand.Create((_, _) => Task.FromResult(services)) };
        return root.Parse(["wal", .. arguments]).InvokeAsync(
            new InvocationConfiguration { Output = TextWriter.Null, Error = TextWriter.Null }, WalTest.Cancellation);
    }
}
