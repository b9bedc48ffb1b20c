using System.Collections.Concurrent;
using System.Security.Cryptography;
using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Stores;
using TwiBackup.Tests.Attacks.Kill;
using TwiBackup.Tests.Database;
using TwiBackup.Tests.Stores;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Attacks.Stores;

/// <summary>
/// Between us and a real S3 server 1, 5 and 20 % of all requests fail, in every way of <see cref="FaultKind"/>, then all of them for a while.
/// Backup, WAL and restore end byte-equal, or fail whole with the reason. Times are scaled: patience is seconds where it is half a minute.
/// </summary>
public sealed class Invariant08_A_failing_store_is_survived_or_said
{
    [Theory]
    [InlineData(0.01)]
    [InlineData(0.05)]
    [InlineData(0.20)]
    public async Task Backup_wal_and_restore_through_a_storm_are_whole_or_fail_with_the_reason(double rate)
    {
        var seed = Tally.Seed();
        await using var test = await TestStores.NewS3StoreAsync();
        await using var proxy = await S3Faults.NewProxyAsync();
        await using var stormy = NewStore(proxy, test);
        await using var source = await BackedUpServer.StartAsync(("wal_keep_size", "1GB"));
        // What is stored is looked at without the storm.
        var clear = new SetCatalog(test.Store, BackedUpServer.System, source.Keys);
        var catalog = new SetCatalog(stormy, BackedUpServer.System, source.Keys);
        await source.ExecuteAsync("create table load(id int, t text)");
        var storm = new FaultStorm(seed, rate);
        proxy.Storm = storm;

        var events = new ConcurrentQueue<WalEvent>();
        using var stop = new CancellationTokenSource();
        await using var receiver = new WalReceiver(source.ReceiverOptions(), stormy, source.Keys, events.Enqueue, SilentProgress.Instance, TimeProvider.System);
        var receiving = receiver.RunAsync(stop.Token);
        await source.UntilAsync(() => receiver.Status.Connected, "connected");
        var from = receiver.Status.Durable;
        var failures = new List<string>();
        BackupSet? set = null;
        for (var round = 0; round < Tally.Rounds(3, 20) || storm.Count < 3; round++)
        {
            await source.ExecuteAsync("insert into load select g, repeat(md5(g::text), 20) from generate_series(1, 2000) g");
            set = await OrReasonAsync(() => source.BackUpAsync(catalog), failures) ?? set;
            var listing = await clear.ListAsync(SetKind.Full, BackedUpServer.Cancellation);
            Assert.Empty(listing.Refused);
            foreach (var one in listing.Sets)
            {
                foreach (var entry in one.Manifest.Objects)
                    await SetObjects.CheckStoredAsync(clear, one, entry, BackedUpServer.Cancellation);
            }
        }

        while (set is null)
            set = await OrReasonAsync(() => source.BackUpAsync(catalog), failures);
        await source.ExecuteAsync("insert into load values (-1, 'last')");
        var to = Lsn.Parse(await source.AskAsync("select pg_current_wal_flush_lsn()"));
        await source.UntilAsync(() => receiver.Status.Durable >= to, $"durable {to}");
        await stop.CancelAsync();
        await receiving;
        var rows = await source.AskAsync("select count(*) || ' ' || sum(hashtext(t)) from load");

        RestoredServer? restored = null;
        for (var attempt = 0; restored is null; attempt++)
        {
            Assert.True(attempt < 20, string.Join(" | ", failures));
            restored = await OrReasonAsync(() => RestoreAsync(source, catalog), failures);
        }

        await using (restored)
        {
            Assert.Equal(rows, await restored.AskAsync("select count(*) || ' ' || sum(hashtext(t)) from load"));
            await restored.CheckAsync();
        }

        // The storm is over: what it left is what the server had, and nothing else.
        proxy.Storm = null;
        var layout = await WalBytes.LayoutAsync(source.Server, BackedUpServer.System);
        await WalBytes.CompareAsync(clear, layout, source.Server, from, to, 1 << 20);
        var chain = await WalChain.LoadAsync(test.Store, layout, BackedUpServer.Cancellation);
        Assert.Empty(chain.Gaps());
        Assert.Empty(chain.Of(1)!.Conflicts);
        Assert.DoesNotContain(events, e => e.Kind is WalEventKind.Conflict or WalEventKind.Gap or WalEventKind.SlotLost);
        TestContext.Current.TestOutputHelper!.WriteLine(string.Join(", ", storm.Struck.Select(k => $"{k.Value} {k.Key}")));
        TestContext.Current.TestOutputHelper!.WriteLine(string.Join("\n", failures));
        Tally.Add($"S3: faults at {rate:0%} of requests under backup, WAL and restore", (storm.Count, "faults"), (failures.Count, "jobs that failed whole"));
    }

    [Fact]
    public async Task A_receiver_waits_out_a_silent_store_and_catches_up()
    {
        await using var test = await TestStores.NewS3StoreAsync();
        await using var proxy = await S3Faults.NewProxyAsync();
        await using var silent = NewStore(proxy, test, patience: 1, attempts: 3);
        await using var source = await BackedUpServer.StartAsync(("wal_keep_size", "1GB"));
        await source.ExecuteAsync("create table load(id int, t text)");
        var events = new ConcurrentQueue<WalEvent>();
        using var stop = new CancellationTokenSource();
        await using var receiver = new WalReceiver(
            source.ReceiverOptions() with { ShutdownPatience = TimeSpan.FromSeconds(1) }, silent, source.Keys, events.Enqueue, SilentProgress.Instance, TimeProvider.System);
        var receiving = receiver.RunAsync(stop.Token);
        await source.UntilAsync(() => receiver.Status.Connected, "connected");
        var from = receiver.Status.Durable;
        var reserved = Lsn.Parse(await source.AskAsync("select restart_lsn from pg_replication_slots"));
        var storm = new FaultStorm(1, 1, FaultKind.Silent, FaultKind.SilentInBody, FaultKind.Crawls);
        proxy.Storm = storm;
        await source.ExecuteAsync([.. Enumerable.Repeat("insert into load select g, repeat(md5(g::text), 20) from generate_series(1, 5000) g", 8)]);
        // It tries again and again meanwhile, and acknowledges nothing that is not stored.
        await source.UntilAsync(() => storm.Count >= 8 && events.Any(e => e.Kind == WalEventKind.StoreOutage), "several attempts in silence");
        var durable = receiver.Status.Durable;
        var acknowledged = Lsn.Parse(await source.AskAsync("select restart_lsn from pg_replication_slots"));
        Assert.True(acknowledged <= durable || acknowledged == reserved, $"{acknowledged} is acknowledged, {durable} durable");
        proxy.Storm = null;
        var to = Lsn.Parse(await source.AskAsync("select pg_current_wal_flush_lsn()"));
        Assert.True(to - durable > 8 << 20, "it was not behind");
        await source.UntilAsync(() => receiver.Status.Durable >= to, $"durable {to}");
        await stop.CancelAsync();
        await receiving;
        var layout = await WalBytes.LayoutAsync(source.Server, BackedUpServer.System);
        var segments = await WalBytes.CompareAsync(new SetCatalog(test.Store, BackedUpServer.System, source.Keys), layout, source.Server, from, to, 1 << 20);
        Tally.Add("S3: silence under the WAL receiver", (storm.Count, "faults"), (segments, "segments compared"));
    }

    [Fact]
    public async Task An_answer_that_crawls_is_given_up_and_the_next_connection_is_tried()
    {
        await using var test = await TestStores.NewS3StoreAsync();
        await using var proxy = await S3Faults.NewProxyAsync();
        await using var store = NewStore(proxy, test, patience: 1, attempts: 3);
        var bytes = RandomNumberGenerator.GetBytes(200_000);
        await test.Store.PutBytesAsync("k", bytes, PutCondition.IfAbsent, BackedUpServer.Cancellation);
        // No byte is late by so much that it would count as silence.
        proxy.Crawl(afterBytes: 20_000);
        Assert.Equal(bytes, await store.ReadBytesAsync("k", bytes.Length, BackedUpServer.Cancellation));
        Assert.Equal(2, proxy.Requests.Count);

        // Where every answer crawls it is said, after as many attempts as anything gets.
        for (var answer = 0; answer < 20; answer++)
            proxy.Crawl(afterBytes: 5_000);
        var failed = await Assert.ThrowsAsync<TwiBackupException>(() => store.ReadBytesAsync("k", bytes.Length, BackedUpServer.Cancellation));
        Assert.Contains("bytes a second", failed.Message, StringComparison.Ordinal);
        Tally.Add("S3: answers of a byte now and then", (21 - proxy.Armed, "faults"));
    }

    private static S3ObjectStore NewStore(FaultProxy proxy, TestStore test, double patience = 1, int attempts = 6)
    {
        var settings = ObjectStoreFactory.ParseS3(StoreUrl.Parse(test.Url), test.Environment);
        return new S3ObjectStore(S3Faults.Hasty(settings with { Endpoint = proxy.Endpoint }, patience) with { MaxAttempts = attempts });
    }

    private static async Task<RestoredServer> RestoreAsync(BackedUpServer source, SetCatalog catalog)
    {
        var plan = await new RestorePlanner(catalog, TimeProvider.System).PlanAsync(RecoveryTarget.Latest, null, BackedUpServer.Cancellation);
        return await source.Restore(new RestoreOptions { DataDirectory = source.NewDataDirectory(), Scratch = true }, catalog).RunAsync(plan, BackedUpServer.Cancellation);
    }

    /// <summary>What it returns; null when it failed with one line that says why.</summary>
    private static async Task<T?> OrReasonAsync<T>(Func<Task<T>> job, List<string> failures)
        where T : class
    {
        try
        {
            return await job();
        }
        catch (TwiBackupException reason)
        {
            Assert.DoesNotContain('\n', reason.Message);
            Assert.True(reason.Message.Length > 20, reason.Message);
            failures.Add(reason.Message);
            return null;
        }
    }
}
