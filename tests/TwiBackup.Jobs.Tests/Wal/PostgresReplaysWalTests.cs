using System.Globalization;
using TwiBackup.Postgres;
using TwiBackup.Sealing;
using TwiBackup.Tests.Postgres;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Wal;

/// <summary>PostgreSQL itself judges what was received, fetched, and how the fetch ended.</summary>
public sealed class PostgresReplaysWalTests
{
    private const string Load = "insert into load select g, repeat(md5(g::text), 20) from generate_series(1, 20000) g";

    [Fact]
    public async Task A_base_backup_replays_to_the_last_received_row_over_a_timeline_switch()
    {
        await using var postgres = await TestPostgres.StartAsync();
        await using var test = WalTest.Create();
        test.Receive(WalTest.Options(postgres));
        await test.UntilAsync(() => test.Receiver!.Status.Connected, "connected");
        await postgres.ExecuteAsync("postgres", "create table load(id int, t text)");
        var copy = await BaseBackupAsync(postgres);
        await postgres.ExecuteAsync("postgres", Load, Load, Load, "insert into load values (-1, 'last')");
        await test.CatchUpAsync(postgres);
        await test.StopAsync();
        var rows = await postgres.ScalarAsync("select count(*) from load");

        await using var shell = new RecoveryShell(await test.FetchAsync());
        await using var restored = await RecoverAsync(copy, shell);
        await PromotedAsync(restored);
        Assert.Equal(rows, await restored.ScalarAsync("select count(*) from load"));
        Assert.Equal("1", await restored.ScalarAsync("select count(*) from load where id = -1"));

        // The restored server is timeline 2 of the same cluster: its history comes before its WAL, then it replays again.
        var again = await BaseBackupAsync(restored);
        test.Store.Begun.Clear();
        test.Receive(WalTest.Options(restored) with { Slot = "after_restore" });
        await test.UntilAsync(() => test.Receiver!.Status.Connected, "connected");
        await restored.ExecuteAsync("postgres", Load, "insert into load values (-2, 'on timeline 2')");
        await test.CatchUpAsync(restored);
        await test.StopAsync();
        var begun = test.Store.Begun.ToList();
        var history = begun.FindIndex(k => k.EndsWith("/00000002.history.zst.age", StringComparison.Ordinal));
        Assert.InRange(history, 0, begun.FindIndex(k => k.Contains("/00000002/", StringComparison.Ordinal)) - 1);

        await using var second = new RecoveryShell(await test.FetchAsync());
        await using var twice = await RecoverAsync(again, second);
        await PromotedAsync(twice);
        Assert.Equal("1", await twice.ScalarAsync("select count(*) from load where id = -2"));
        Assert.Equal("00000003", await twice.ScalarAsync("select left(pg_walfile_name(pg_current_wal_lsn()), 8)"));
        Assert.DoesNotContain(second.Answers, a => a.Code == 126);
    }

    [Fact]
    public async Task A_gap_stops_recovery_instead_of_losing_rows_silently()
    {
        await using var postgres = await TestPostgres.StartAsync(new InitOptions { WalSegmentSizeMb = 1 });
        await using var test = WalTest.Create();
        test.Receive(WalTest.Options(postgres));
        await test.UntilAsync(() => test.Receiver!.Status.Connected, "connected");
        await postgres.ExecuteAsync("postgres", "create table load(id int, t text)");
        var copy = await BaseBackupAsync(postgres);
        await postgres.ExecuteAsync("postgres", Load);
        await test.CatchUpAsync(postgres);
        await test.StopAsync();
        var wholes = (await test.KeysAsync((await test.LayoutAsync()).TimelineFolder(1))).Where(k => k.Split('/').Length == 5).ToList();
        await test.Store.DeleteAsync(wholes[^3], null, WalTest.Cancellation);

        await using var shell = new RecoveryShell(await test.FetchAsync());
        // It may accept readers for a moment, once consistent; it must not get out of recovery.
        try
        {
            await using var restored = await RecoverAsync(copy, shell);
            while (!restored.Server.HasExited)
                await Task.Delay(50, WalTest.Cancellation);
        }
        catch (TwiBackupException ended)
        {
            Assert.Contains("startup process failure", ended.Message, StringComparison.Ordinal);
            Directory.Delete(Path.GetDirectoryName(copy)!, true);
        }

        Assert.Equal(126, shell.Answers[^1].Code);
    }

    [Fact]
    public async Task A_promotion_is_followed_to_the_new_timeline_by_the_same_receiver()
    {
        await using var primary = await TestPostgres.StartAsync(("wal_keep_size", "1GB"));
        await using var test = WalTest.Create();
        test.Receive(WalTest.Options(primary));
        await test.UntilAsync(() => test.Receiver!.Status.Connected, "connected");
        await primary.ExecuteAsync("postgres", "create table load(id int, t text)");
        var from = await test.CatchUpAsync(primary);
        var copy = await BaseBackupAsync(primary);
        File.WriteAllText(Path.Combine(copy, "standby.signal"), "");
        await using var standby = await TestPostgres.StartOnAsync(
            copy, ("primary_conninfo", $"host={primary.Superuser.Host} port={primary.Port} user=postgres"), ("hot_standby", "on"), ("wal_keep_size", "1GB"));
        await primary.ExecuteAsync("postgres", Load, "insert into load values (-1, 'before')");
        await test.CatchUpAsync(primary);
        var end = Lsn.Parse(await primary.ScalarAsync("select pg_current_wal_flush_lsn()"));
        while (Lsn.Parse(await standby.ScalarAsync("select pg_last_wal_replay_lsn()")) < end)
            await Task.Delay(20, WalTest.Cancellation);

        // A standby is no source.
        await using (var refused = test.NewReceiver(WalTest.Options(standby)))
            Assert.Contains("standby", (await Assert.ThrowsAsync<TwiBackupException>(() => refused.RunAsync(WalTest.Cancellation))).Message, StringComparison.Ordinal);

        // The primary dies; the standby takes over, with a slot of its own, before the receiver comes.
        await test.StopAsync();
        primary.Server.Kill();
        await standby.ExecuteAsync("postgres", "select pg_promote()");
        await standby.ExecuteAsync("postgres", "insert into load values (-2, 'after')", Load);
        test.Store.Begun.Clear();
        test.Receive(WalTest.Options(standby));
        await test.UntilAsync(() => test.Receiver!.Status is { Connected: true, Timeline: 2 }, "on timeline 2");
        var to = await test.CatchUpAsync(standby);
        var begun = test.Store.Begun.ToList();
        var history = begun.FindIndex(k => k.EndsWith("/00000002.history.zst.age", StringComparison.Ordinal));
        Assert.InRange(history, 0, begun.FindIndex(k => k.Contains("/00000002/", StringComparison.Ordinal)) - 1);
        Assert.DoesNotContain(test.Events, e => e.Kind is WalEventKind.Conflict or WalEventKind.Gap);
        var chain = await test.ChainAsync();
        await chain.LoadHistoriesAsync(new SignedObjects(test.Store, test.ReadKeys), new HashSet<uint>(), WalTest.Cancellation);
        Assert.True(chain.Prove(from, chain.PathTo(2), to).Whole, chain.Prove(from, chain.PathTo(2), to).Message);
    }

    /// <summary>A copy by pg_basebackup, without WAL.</summary>
    internal static async Task<string> BaseBackupAsync(TestPostgres postgres)
    {
        var folder = TestEnvironment.Account.CreatePrivateDirectory("twi-bb-");
        var data = Path.Combine(folder, "data");
        var result = await ChildProcess.RunAsync(
            new ChildProcessOptions
            {
                Program = TestEnvironment.Installation.Tool("pg_basebackup"),
                Arguments =
                [
                    "-h", postgres.Superuser.Host, "-p", postgres.Port.ToString(CultureInfo.InvariantCulture), "-U", "postgres", "-D", data,
                    "-X", "none", "-c", "fast", "--no-sync",
                ],
                Account = TestEnvironment.Account,
            },
            WalTest.Cancellation);
        result.ThrowIfFailed("pg_basebackup", "");
        return data;
    }

    private static Task<TestPostgres> RecoverAsync(string data, RecoveryShell shell)
    {
        File.WriteAllText(Path.Combine(data, "recovery.signal"), "");
        return TestPostgres.StartOnAsync(data, ("restore_command", shell.Command), ("hot_standby", "on"));
    }

    private static async Task PromotedAsync(TestPostgres postgres)
    {
        while (await postgres.ScalarAsync("select pg_is_in_recovery()::text") != "false")
        {
            Assert.False(postgres.Server.HasExited);
            await Task.Delay(50, WalTest.Cancellation);
        }
    }
}
