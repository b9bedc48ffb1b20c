using System.Diagnostics;
using TwiBackup.Postgres;
using TwiBackup.Tests.Postgres;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Wal;

/// <summary>A deploy starts the new receiver before the old one is gone: the slot is waited for.</summary>
public sealed class Decision17_One_slot_has_one_receiver
{
    [Fact]
    public async Task A_second_receiver_waits_for_the_first()
    {
        await using var postgres = await TestPostgres.StartAsync();
        await using var test = WalTest.Create();
        test.Receive(WalTest.Options(postgres));
        await test.UntilAsync(() => test.Receiver!.Status.Connected, "connected");
        using var stop = new CancellationTokenSource();
        await using var second = test.NewReceiver(WalTest.Options(postgres));
        var running = second.RunAsync(stop.Token);
        await postgres.ExecuteAsync("postgres", "create table load(id int, t text)");
        await test.CatchUpAsync(postgres);
        Assert.False(running.IsCompleted);
        Assert.False(second.Status.Connected);
        await test.StopAsync();
        await test.UntilAsync(() => second.Status.Connected, "the second takes over");
        await stop.CancelAsync();
        Assert.Equal(WalReceiverResult.Stopped, await running);
    }

    [Fact]
    public async Task A_stranger_that_holds_it_past_the_timeout_is_told_and_what_he_left_unconfirmed_is_received()
    {
        await using var postgres = await TestPostgres.StartAsync(("wal_sender_timeout", "1s"), ("wal_keep_size", "1GB"));
        await postgres.ExecuteAsync("postgres", "select pg_create_physical_replication_slot('twibackup', true)", "create table load(id int)");
        await using var test = WalTest.Create();
        var stolen = Path.Combine(test.Folder, "stolen");
        Directory.CreateDirectory(stolen);
        var from = Lsn.Parse(await postgres.ScalarAsync("select restart_lsn from pg_replication_slots"));
        using var stranger = Process.Start(new ProcessStartInfo(
            TestEnvironment.Installation.Tool("pg_receivewal"),
            ["-D", stolen, "-S", "twibackup", "-h", postgres.Superuser.Host, "-p", $"{postgres.Port}", "-U", "replicator", "--status-interval=1"]))!;
        try
        {
            while (await postgres.ScalarAsync("select active from pg_replication_slots") != "True")
                await Task.Delay(20, WalTest.Cancellation);
            test.Receive(WalTest.Options(postgres));
            await test.UntilAsync(() => test.Events.Any(e => e.Kind == WalEventKind.SlotBusy), "told");
            Assert.False(test.Receiver!.Status.Connected);
            Assert.False(test.Running.IsCompleted);
            await postgres.ExecuteAsync("postgres", "insert into load select generate_series(1, 1000)");
        }
        finally
        {
            stranger.Kill();
            await stranger.WaitForExitAsync(CancellationToken.None);
            Directory.Delete(stolen, true);
        }

        await test.UntilAsync(() => test.Receiver!.Status.Connected, "taken over");
        // He flushed nothing that he reported, so the slot has kept all of it.
        await test.CompareAsync(postgres, from, await test.CatchUpAsync(postgres));
        Assert.DoesNotContain(test.Events, e => e.Kind is WalEventKind.Gap or WalEventKind.SlotLost);
    }
}
