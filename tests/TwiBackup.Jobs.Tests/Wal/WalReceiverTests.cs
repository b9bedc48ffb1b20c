using System.Diagnostics;
using TwiBackup.Postgres;
using TwiBackup.Tests.Postgres;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Wal;

public sealed class WalReceiverTests
{
    private const string Load = "insert into load select g, repeat(md5(g::text), 20) from generate_series(1, 20000) g";

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(64)]
    [InlineData(128)]
    public async Task What_is_received_is_what_the_server_has_byte_for_byte(int segmentMb)
    {
        await using var postgres = await TestPostgres.StartAsync(
            new InitOptions { WalSegmentSizeMb = segmentMb }, ("wal_keep_size", "4GB"), ("min_wal_size", $"{2 * segmentMb}MB"), ("max_wal_size", "4GB"));
        await using var test = WalTest.Create();
        test.Receive(WalTest.Options(postgres));
        await test.UntilAsync(() => test.Receiver!.Status.Connected, "connected");
        var from = test.Receiver!.Status.Durable;
        await postgres.ExecuteAsync("postgres", "create table load(id int, t text)");
        for (var i = 0; i < 4; i++)
            await postgres.ExecuteAsync("postgres", Load);
        var to = await test.CatchUpAsync(postgres);
        Assert.True(to - from > 40 << 20);
        await test.CompareAsync(postgres, from, to);
        Assert.Equal(WalReceiverResult.Stopped, await test.StopAsync());
        Assert.Empty((await test.ChainAsync()).Gaps());
        Assert.Equal(
            segmentMb > 64, !(await test.KeysAsync()).Any(k => k.Contains("00000001/0", StringComparison.Ordinal) && k.Split('/').Length == 5));
    }

    [Fact]
    public async Task A_password_that_was_never_right_is_said_and_not_tried_again_and_again()
    {
        await using var postgres = await TestPostgres.StartAsync();
        await using var test = WalTest.Create();
        var options = WalTest.Options(postgres);
        test.Receive(options with { Connection = options.Connection with { Password = "wr0ng-value" } });
        var refused = await Assert.ThrowsAsync<TwiBackupException>(() => test.Running.WaitAsync(TimeSpan.FromSeconds(30), WalTest.Cancellation));
        Assert.Contains("refused the password", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_slot_moves_only_to_what_is_durable()
    {
        await using var postgres = await TestPostgres.StartAsync();
        await using var test = WalTest.Create();
        test.Receive(WalTest.Options(postgres));
        await postgres.ExecuteAsync("postgres", "create table load(id int, t text)");
        await test.UntilAsync(() => test.Receiver!.Status.Connected, "connected");
        var durable = await test.CatchUpAsync(postgres);
        test.Store.Down = true;
        await postgres.ExecuteAsync("postgres", Load);
        var end = Lsn.Parse(await postgres.ScalarAsync("select pg_current_wal_flush_lsn()"));
        await test.UntilAsync(() => test.Receiver!.Status.Received >= end, "received");
        Assert.True(SlotLsn(await SlotAsync(postgres)) <= test.Receiver!.Status.Durable);
        Assert.True(test.Receiver.Status.Durable < end);
        await test.UntilAsync(() => test.Events.Any(e => e.Kind == WalEventKind.StoreOutage), "outage told");
        test.Store.Down = false;
        await test.CatchUpAsync(postgres);
        var watch = Stopwatch.StartNew();
        while (SlotLsn(await SlotAsync(postgres)) < end)
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10));
        await test.CompareAsync(postgres, durable, end);
    }

    [Fact]
    public async Task A_receiver_that_was_killed_goes_on_where_the_slot_stands()
    {
        await using var postgres = await TestPostgres.StartAsync(("wal_keep_size", "1GB"));
        await using var test = WalTest.Create();
        test.Receive(WalTest.Options(postgres));
        await test.UntilAsync(() => test.Receiver!.Status.Connected, "connected");
        var from = test.Receiver!.Status.Durable;
        await postgres.ExecuteAsync("postgres", "create table load(id int, t text)");
        for (var i = 0; i < 3; i++)
        {
            await postgres.ExecuteAsync("postgres", Load, "insert into load values (1, 'tail')");
            // Nothing is flushed and nothing said: the store fails, then the receiver is gone.
            test.Store.Down = true;
            await postgres.ExecuteAsync("postgres", "insert into load values (2, 'lost in memory')");
            await test.StopAsync();
            test.Store.Down = false;
            test.Receive(WalTest.Options(postgres));
            await postgres.ExecuteAsync("postgres", "insert into load values (3, 'after')");
            await test.UntilAsync(() => test.Receiver!.Status.Connected, "connected");
            await test.CatchUpAsync(postgres);
        }

        var to = await test.CatchUpAsync(postgres);
        await test.CompareAsync(postgres, from, to);
        Assert.DoesNotContain(test.Events, e => e.Kind is WalEventKind.Conflict or WalEventKind.Gap);
    }

    [Fact]
    public async Task An_idle_server_makes_no_uploads_but_marks()
    {
        await using var postgres = await TestPostgres.StartAsync(("autovacuum", "off"), ("bgwriter_delay", "10s"));
        await using var test = WalTest.Create();
        test.Receive(WalTest.Options(postgres) with { MarkInterval = TimeSpan.FromSeconds(1) });
        await test.UntilAsync(() => test.Receiver!.Status.Connected, "connected");
        await postgres.ExecuteAsync("postgres", "create table load(id int, t text)", "checkpoint");
        await test.UntilAsync(() => test.Store.Begun.Any(k => k.Contains("/marks/", StringComparison.Ordinal)), "a first mark");
        test.Store.Begun.Clear();
        await test.UntilAsync(() => test.Store.Begun.Count >= 3, "marks");
        Assert.All(test.Store.Begun, key => Assert.Contains("/marks/", key, StringComparison.Ordinal));
        var mark = (await test.ChainAsync()).Of(1)!.Marks[^1];
        Assert.Equal(Lsn.Parse(await postgres.ScalarAsync("select pg_current_wal_flush_lsn()")), mark.Lsn);
        Assert.True(DateTimeOffset.UtcNow - mark.Time < TimeSpan.FromSeconds(10));
        var signed = await new WalMarks(test.Store, test.ReadKeys, await test.LayoutAsync()).NewestAsync(1, WalTest.Cancellation);
        Assert.Equal(mark.Lsn, signed!.Lsn);
    }

    [Fact]
    public async Task A_lost_slot_ends_the_receiver_with_a_result_of_its_own()
    {
        await using var postgres = await TestPostgres.StartAsync(
            new InitOptions { WalSegmentSizeMb = 1 }, ("max_slot_wal_keep_size", "1MB"), ("min_wal_size", "2MB"), ("max_wal_size", "2MB"));
        await using var test = WalTest.Create();
        test.Receive(WalTest.Options(postgres));
        await test.UntilAsync(() => test.Receiver!.Status.Connected, "connected");
        await test.StopAsync();
        await postgres.ExecuteAsync("postgres", "create table load(id int, t text)", Load, "checkpoint", "select pg_switch_wal()", Load, "checkpoint");
        test.Receive(WalTest.Options(postgres));
        Assert.Equal(WalReceiverResult.SlotLost, await test.Running.WaitAsync(TimeSpan.FromSeconds(20), WalTest.Cancellation));
        Assert.Contains(test.Events, e => e.Kind == WalEventKind.SlotLost);

        test.Receive(WalTest.Options(postgres) with { RecreateLostSlot = true });
        await test.UntilAsync(() => test.Receiver!.Status.Connected, "connected");
        Assert.Contains(test.Events, e => e.Kind == WalEventKind.ChainBegins);
        await test.UntilAsync(() => test.Events.Any(e => e.Kind == WalEventKind.Gap), "the gap is told");
        await test.CatchUpAsync(postgres);
        Assert.NotEmpty((await test.ChainAsync()).Gaps());
    }

    [Fact]
    public async Task An_interrupted_connection_is_made_again()
    {
        await using var postgres = await TestPostgres.StartAsync(("wal_keep_size", "1GB"));
        await using var test = WalTest.Create();
        test.Receive(WalTest.Options(postgres));
        await test.UntilAsync(() => test.Receiver!.Status.Connected, "connected");
        var from = test.Receiver!.Status.Durable;
        await postgres.ExecuteAsync("postgres", "create table load(id int, t text)");
        for (var i = 0; i < 3; i++)
        {
            await postgres.ExecuteAsync("postgres", Load, "select pg_terminate_backend(active_pid) from pg_replication_slots", Load);
            await test.CatchUpAsync(postgres);
        }

        postgres.Server.Kill();
        await postgres.StartAgainAsync();
        await postgres.ExecuteAsync("postgres", Load);
        var to = await test.CatchUpAsync(postgres);
        await test.CompareAsync(postgres, from, to);
    }
    private static Task<string> SlotAsync(TestPostgres postgres) => postgres.ScalarAsync("select coalesce(restart_lsn, '0/0')::text from pg_replication_slots");

    private static Lsn SlotLsn(string text) => Lsn.Parse(text);
}
