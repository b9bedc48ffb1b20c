using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Tests.Attacks.Kill;
using TwiBackup.Tests.Invariants;
using TwiBackup.Tests.Stores;

namespace TwiBackup.Tests.Attacks.Stores;

/// <summary>A receiver whose store is gone does not gather WAL: the server keeps it.</summary>
public sealed class Invariant05_Memory_is_bounded_while_the_store_is_out
{
    private const long Limit = 256 << 20;

    [Theory]
    [InlineData(16)]
    [InlineData(128)]
    public async Task A_receiver_falls_behind_by_300_MB_and_catches_up_within_256_MiB(int segmentMb)
    {
        await using var proxy = await S3Faults.NewProxyAsync();
        await using var system = await CommandLine.StartAsync(
            CommandLine.Fastest, new InitOptions { WalSegmentSizeMb = segmentMb }, await TestStores.NewS3StoreAsync(),
            ("wal_keep_size", "4GB"), ("max_wal_size", "4GB"), ("min_wal_size", $"{2 * segmentMb}MB"));
        await system.UseStoreAsync(S3Faults.UrlThrough(proxy, system.Store));
        await system.Server.ExecuteAsync("app", "create table load(t text)");
        var receiver = system.Start("wal", "receive");
        var process = receiver.Id;
        var ended = CommandLine.EndAsync(receiver);
        var peak = MemoryWatch.PeakAsync(process, ended, CommandLine.Cancellation);
        while (await system.Server.ScalarAsync("select count(*) from pg_replication_slots where active") != "1")
            await Task.Delay(20, CommandLine.Cancellation);
        var from = Lsn.Parse(await system.Server.ScalarAsync("select restart_lsn from pg_replication_slots"));

        proxy.Down = true;
        // Half of it compresses, half does not.
        for (var i = 0; i < 6; i++)
            await system.Server.ExecuteAsync("app", "insert into load select repeat(md5(random()::text), 30) || md5(g::text) from generate_series(1, 50000) g");
        proxy.Down = false;
        var to = Lsn.Parse(await system.Server.ScalarAsync("select pg_current_wal_flush_lsn()"));
        Assert.True(to - from > 250 << 20, $"only {to - from} bytes");
        while (Lsn.Parse(await system.Server.ScalarAsync("select coalesce((select max(flush_lsn) from pg_stat_replication), '0/0')")) < to)
        {
            Assert.False(ended.IsCompleted, ended.IsCompleted ? (await ended).Errors : "");
            await Task.Delay(50, CommandLine.Cancellation);
        }

        ServerProcesses.Signal(process, ServerProcesses.Terminate);
        Assert.Equal(0, (await ended).ExitCode);
        TestContext.Current.TestOutputHelper!.WriteLine($"peak {Sizes.Text(await peak)}");
        Assert.True(await peak < Limit, $"it held {Sizes.Text(await peak)}");
        var layout = await WalBytes.LayoutAsync(system.Server, CommandLine.System);
        await WalBytes.CompareAsync(system.Catalog, layout, system.Server, from, to, segmentMb << 20);
        Tally.Add("S3: gone while 300 MB of WAL are written", (1, "outages"), ((int)(await peak >> 20), "MiB at most"));
    }
}
