using System.Diagnostics;
using TwiBackup.Postgres;
using TwiBackup.Tests.Postgres;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Wal;

/// <summary>A server that ends asks its receiver for a last flush, without end. It is answered, or let go and told.</summary>
public sealed class Decision12_A_shutdown_is_not_held_up
{
    [Fact]
    public async Task A_server_that_shuts_down_is_not_held_up_by_a_store_that_is_out()
    {
        await using var postgres = await TestPostgres.StartAsync();
        await using var test = WalTest.Create();
        test.Receive(WalTest.Options(postgres));
        await postgres.ExecuteAsync("postgres", "create table load(id int, t text)");
        await test.UntilAsync(() => test.Receiver!.Status.Connected, "connected");
        await test.CatchUpAsync(postgres);
        test.Store.Down = true;
        await postgres.ExecuteAsync("postgres", "insert into load values (1, 'x')");
        var watch = Stopwatch.StartNew();
        Assert.True(await postgres.Server.StopAsync(StopMode.Fast, TimeSpan.FromSeconds(60), WalTest.Cancellation));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(15), $"{watch.Elapsed}");
        Assert.Contains(test.Events, e => e.Kind == WalEventKind.ShutdownNotHeldUp);
        // Nothing is lost: it comes when the store and the server are back.
        test.Store.Down = false;
        await postgres.StartAgainAsync();
        await test.UntilAsync(() => test.Receiver!.Status.Connected, "connected again");
        var to = await test.CatchUpAsync(postgres);
        await test.CompareAsync(postgres, new Lsn(to.Value - 1), to);
    }

    [Fact]
    public async Task A_shutdown_with_the_store_in_order_is_wholly_stored()
    {
        await using var postgres = await TestPostgres.StartAsync();
        await using var test = WalTest.Create();
        test.Receive(WalTest.Options(postgres) with { FlushInterval = TimeSpan.FromMinutes(1) });
        await postgres.ExecuteAsync("postgres", "create table load(id int, t text)");
        await test.UntilAsync(() => test.Receiver!.Status.Connected, "connected");
        var watch = Stopwatch.StartNew();
        Assert.True(await postgres.Server.StopAsync(StopMode.Fast, TimeSpan.FromSeconds(60), WalTest.Cancellation));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"{watch.Elapsed}");
        Assert.DoesNotContain(test.Events, e => e.Kind == WalEventKind.ShutdownNotHeldUp);
        await test.UntilAsync(() => test.Receiver!.Status.Durable == test.Receiver.Status.Received, "durable");
    }

    [Fact]
    public async Task Not_by_a_store_that_neither_takes_nor_refuses_in_the_middle_of_a_load_either()
    {
        await using var postgres = await TestPostgres.StartAsync();
        await using var test = WalTest.Create();
        test.Receive(WalTest.Options(postgres));
        await postgres.ExecuteAsync("postgres", "create table load(id int, t text)");
        await test.UntilAsync(() => test.Receiver!.Status.Connected, "connected");
        var from = await test.CatchUpAsync(postgres);
        var silence = test.Store.BeSilent();
        // More than a segment: the reader has buffers in its hands, full ones and one that is not.
        await postgres.ExecuteAsync("postgres", "insert into load select g, repeat(md5(g::text), 20) from generate_series(1, 40000) g");
        var watch = Stopwatch.StartNew();
        Assert.True(await postgres.Server.StopAsync(StopMode.Fast, TimeSpan.FromSeconds(60), WalTest.Cancellation));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(15), $"{watch.Elapsed}");
        silence.SetResult();
        await postgres.StartAgainAsync(("wal_keep_size", "1GB"));
        await test.UntilAsync(() => test.Receiver!.Status.Connected, "connected again");
        await test.CompareAsync(postgres, from, await test.CatchUpAsync(postgres));
    }
}
