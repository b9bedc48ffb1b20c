using System.Collections.Concurrent;
using TwiBackup.Database;
using TwiBackup.Progress;
using TwiBackup.Tests.Database;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Invariants;

/// <summary>A receiver that is down too long loses its slot: that is said, the gap is named, and a new full begins a new chain.</summary>
public sealed class Invariant04_A_lost_slot_is_loud
{
    [Fact]
    public async Task A_slot_that_lost_wal_is_an_alert_and_a_new_full_recovers()
    {
        await using var source = await BackedUpServer.StartAsync(("max_slot_wal_keep_size", "2MB"), ("min_wal_size", "2MB"), ("max_wal_size", "3MB"), ("wal_keep_size", "0"));
        await source.ExecuteAsync("create table rows(id int, filler text)");
        await source.StartReceiverAsync();
        await source.BackUpAsync();
        await source.ExecuteAsync("insert into rows values (1, '')", "select pg_switch_wal()");
        await source.CatchUpAsync();
        await source.StopReceiverAsync();
        for (var i = 0; i < 12; i++)
            await source.ExecuteAsync("insert into rows select 2, repeat('x', 1000) from generate_series(1, 500)", "select pg_switch_wal()");
        await source.ExecuteAsync("checkpoint");
        Assert.Equal("lost", await source.AskAsync("select wal_status from pg_replication_slots"));

        var events = new ConcurrentQueue<WalEvent>();
        var receiver = new WalReceiver(source.ReceiverOptions(), source.Store.Store, source.Keys, events.Enqueue, SilentProgress.Instance, TimeProvider.System);
        Assert.Equal(WalReceiverResult.SlotLost, await receiver.RunAsync(BackedUpServer.Cancellation));
        await receiver.DisposeAsync();
        var told = Assert.Single(events, e => e.Kind == WalEventKind.SlotLost);
        Assert.Contains("new full", told.Message, StringComparison.Ordinal);

        // What was stored before is still recoverable, and not a row more is claimed.
        await using (var old = await source.RestoreAsync(RecoveryTarget.Latest))
            Assert.Equal("1", await old.AskAsync("select count(*) from rows"));

        using var stop = new CancellationTokenSource();
        var again = new WalReceiver(
            source.ReceiverOptions() with { RecreateLostSlot = true }, source.Store.Store, source.Keys, events.Enqueue, SilentProgress.Instance, TimeProvider.System);
        var running = again.RunAsync(stop.Token);
        await source.UntilAsync(() => again.Status.Connected, "connected again");
        await source.BackUpAsync();
        await source.ExecuteAsync("insert into rows values (3, '')");
        var target = TwiBackup.Postgres.Lsn.Parse(await source.AskAsync("select pg_current_wal_flush_lsn()"));
        await source.UntilAsync(() => again.Status.Durable >= target, "durable");
        await stop.CancelAsync();
        await running;
        await again.DisposeAsync();

        var plan = await source.PlanAsync(RecoveryTarget.Latest);
        var chain = await WalChain.LoadAsync(source.Store.Store, plan.Layout, BackedUpServer.Cancellation);
        Assert.NotEmpty(chain.Gaps());
        await using var server = await source.RestoreAsync(RecoveryTarget.Latest);
        Assert.Equal(await source.AskAsync("select count(*) from rows"), await server.AskAsync("select count(*) from rows"));
    }
}
