using System.Security.Cryptography;
using TwiBackup.Postgres;
using TwiBackup.Tests.Postgres;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Wal;

/// <summary>On a versioned bucket of a real S3 server.</summary>
public sealed class WalVersionsTests
{
    private const int Size = 1 << 20;

    private static readonly WalLayout Layout = new(WalTest.System, 15, 7301234567890123456);

    [Fact]
    public async Task Delete_markers_neither_hide_a_segment_nor_make_an_end()
    {
        await using var test = await WalTest.CreateOnS3Async();
        var objects = new WalObjects(test.Store, test.Keys, Layout, test.Tell);
        await objects.PutClusterFactsAsync(Size, WalTest.Cancellation);
        var contents = new List<byte[]>();
        for (var number = 1UL; number <= 3; number++)
        {
            contents.Add(RandomNumberGenerator.GetBytes(Size));
            await objects.PutSegmentAsync(new WalSegment(1, number, Size).Name, contents[^1], null, WalTest.Cancellation);
        }

        foreach (var key in await test.KeysAsync())
            await test.Store.DeleteAsync(key, null, WalTest.Cancellation);
        var destination = Path.Combine(test.Folder, "x");
        var fetch = new WalFetch(test.Store, test.ReadKeys, Layout, new WalFetchOptions(), _ => { });
        for (var number = 1UL; number <= 3; number++)
        {
            Assert.Equal(WalFetchResult.Fetched, await fetch.FetchAsync(new WalSegment(1, number, Size).Name, destination, WalTest.Cancellation));
            Assert.Equal(contents[(int)number - 1], await File.ReadAllBytesAsync(destination, WalTest.Cancellation));
        }

        Assert.Equal(WalFetchResult.NotThere, await fetch.FetchAsync(new WalSegment(1, 4, Size).Name, destination, WalTest.Cancellation));
        // What follows is hidden, but it is there.
        await Assert.ThrowsAsync<TwiBackupException>(() => fetch.FetchAsync(new WalSegment(1, 0, Size).Name, destination, WalTest.Cancellation));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_a_delete_marker_hides_beside_others_is_used_with_them(bool isWholeThere)
    {
        await using var test = await WalTest.CreateOnS3Async();
        var objects = new WalObjects(test.Store, test.Keys, Layout, test.Tell);
        await objects.PutClusterFactsAsync(Size, WalTest.Cancellation);
        var segment = new WalSegment(1, 1, Size).Name;
        var content = RandomNumberGenerator.GetBytes(Size);
        var first = await objects.PutTailAsync(segment, 0, content.AsMemory(0, 1000), null, null, WalTest.Cancellation);
        await objects.PutTailAsync(segment, 1000, content.AsMemory(1000, 1000), null, first, WalTest.Cancellation);
        if (isWholeThere)
            await objects.PutSegmentAsync(segment, content, null, WalTest.Cancellation);
        // The segment, or the first of its tails.
        var hidden = (await test.KeysAsync(Layout.SegmentPrefix(segment))).First(key => isWholeThere ? key.Contains($"{segment}-", StringComparison.Ordinal) : key.Contains("/00000000-", StringComparison.Ordinal));
        await test.Store.DeleteAsync(hidden, null, WalTest.Cancellation);

        var destination = Path.Combine(test.Folder, "x");
        var fetch = new WalFetch(test.Store, test.ReadKeys, Layout, new WalFetchOptions(), _ => { });
        Assert.Equal(WalFetchResult.Fetched, await fetch.FetchAsync(segment, destination, WalTest.Cancellation));
        var length = isWholeThere ? Size : 2000;
        Assert.Equal(content[..length], (await File.ReadAllBytesAsync(destination, WalTest.Cancellation))[..length]);
    }

    [Fact]
    public async Task What_a_receiver_stores_on_S3_is_what_the_server_has()
    {
        await using var postgres = await TestPostgres.StartAsync(("wal_keep_size", "1GB"));
        await using var test = await WalTest.CreateOnS3Async();
        test.Receive(WalTest.Options(postgres));
        await test.UntilAsync(() => test.Receiver!.Status.Connected, "connected", 60);
        var from = test.Receiver!.Status.Durable;
        await postgres.ExecuteAsync(
            "postgres", "create table load as select g, repeat(md5(g::text), 20) t from generate_series(1, 60000) g", "insert into load select * from load limit 10");
        var to = await test.CatchUpAsync(postgres);
        Assert.InRange(await test.CompareAsync(postgres, from, to), 3, 10);
        Assert.Equal(WalReceiverResult.Stopped, await test.StopAsync());
        // The same again stores nothing twice.
        var keys = (await test.KeysAsync()).Where(k => k.Split('/').Length == 5).ToList();
        test.Receive(WalTest.Options(postgres));
        await test.UntilAsync(() => test.Receiver!.Status.Connected, "connected", 60);
        await test.StopAsync();
        Assert.Equal(keys, (await test.KeysAsync()).Where(k => k.Split('/').Length == 5));
        Assert.DoesNotContain(test.Events, e => e.Kind == WalEventKind.Conflict);
    }
}
