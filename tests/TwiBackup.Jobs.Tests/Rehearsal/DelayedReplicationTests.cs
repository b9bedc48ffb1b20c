using System.Text;
using TwiBackup.Rehearsal;
using TwiBackup.Stores;
using TwiBackup.Tests.Stores;

namespace TwiBackup.Tests.Rehearsal;

/// <summary>Replication as it is: late, in no order, and of what was there.</summary>
public sealed class DelayedReplicationTests : IAsyncDisposable
{
    private readonly TestStore from = TestStores.NewFileStore();
    private readonly TestStore to = TestStores.NewFileStore();
    private readonly string spool = Path.Combine(Path.GetTempPath(), $"twi-spool-{Guid.NewGuid():n}");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await from.DisposeAsync();
        await to.DisposeAsync();
    }

    [Fact]
    public async Task Everything_arrives_and_not_in_the_order_in_which_it_was_put()
    {
        var keys = Enumerable.Range(0, 20).Select(i => $"a/{i:00}").ToList();
        foreach (var key in keys)
            await PutAsync(key, key);
        var arrived = new List<string>();
        await using var replication = Start(lag: 1.5);
        while (arrived.Count < keys.Count)
        {
            await foreach (var info in to.Store.ListAsync("", null, Cancellation))
            {
                if (!arrived.Contains(info.Key))
                    arrived.Add(info.Key);
            }
        }

        Assert.Equal(keys, arrived.Order(StringComparer.Ordinal));
        Assert.NotEqual(keys, arrived);
        Assert.Equal("a/07", await ReadAsync("a/07"));
        await replication.DrainAsync(Cancellation);
    }

    [Fact]
    public async Task What_is_held_does_not_arrive_and_what_is_under_way_is_lost_with_the_region()
    {
        await using var replication = Start(lag: 0.01);
        replication.HoldNext("base");
        await PutAsync("set/base.0000", "data");
        await PutAsync("set/manifest.json", "{}");
        await replication.WaitForAsync(["set/manifest.json"], Cancellation);
        await replication.DrainAsync(Cancellation);
        Assert.Equal("set/base.0000", replication.Held);
        Assert.Null(await to.Store.HeadAsync("set/base.0000", Cancellation));
        Assert.Equal(1, await replication.CutAsync());
        await PutAsync("set/later", "data");
        Assert.Null(await to.Store.HeadAsync("set/later", Cancellation));
    }

    [Fact]
    public async Task Overwrites_and_deletes_are_not_passed_on()
    {
        await using var replication = Start(lag: 1);
        await PutAsync("a", "good");
        await PutAsync("b", "good");
        // Taken along as it is when it is seen.
        while (Directory.GetFiles(spool).Length < 2)
            await Task.Delay(10, Cancellation);
        await from.Store.PutBytesAsync("a", Encoding.ASCII.GetBytes("junk"), PutCondition.Replace, Cancellation);
        await from.Store.DeleteAsync("b", null, Cancellation);
        await replication.DrainAsync(Cancellation);
        Assert.Equal("good", await ReadAsync("a"));
        Assert.Equal("good", await ReadAsync("b"));
    }

    private DelayedReplication Start(double lag) => DelayedReplication.Start(from.Store, to.Store, spool, TimeSpan.FromSeconds(lag), seed: 7);

    private Task<ObjectInfo> PutAsync(string key, string text) =>
        from.Store.PutBytesAsync(key, Encoding.ASCII.GetBytes(text), PutCondition.IfAbsent, Cancellation);

    private async Task<string> ReadAsync(string key) => Encoding.ASCII.GetString(await to.Store.ReadBytesAsync(key, 100, Cancellation));
}
