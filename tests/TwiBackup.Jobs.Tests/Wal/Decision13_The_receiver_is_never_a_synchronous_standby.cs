using System.Diagnostics;
using TwiBackup.Tests.Postgres;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Wal;

/// <summary>A receiver that is taken for a standby makes every commit wait for the store.</summary>
public sealed class Decision13_The_receiver_is_never_a_synchronous_standby
{
    [Fact]
    public async Task A_receiver_that_would_be_synchronous_is_refused()
    {
        await using var postgres = await TestPostgres.StartAsync();
        await using var test = WalTest.Create();
        await postgres.ExecuteAsync("postgres", "alter system set synchronous_standby_names = 'ANY 1 (*)'", "select pg_reload_conf()");
        test.Receive(WalTest.Options(postgres));
        var refused = await Assert.ThrowsAsync<TwiBackupException>(() => test.Running);
        Assert.Contains("synchronous_standby_names", refused.Message, StringComparison.Ordinal);
        Assert.Empty(await test.KeysAsync());
        await postgres.ExecuteAsync("postgres", "alter system reset synchronous_standby_names", "select pg_reload_conf()");
    }

    [Theory]
    [InlineData("*")]
    [InlineData("ANY 1 (twibackup_wal)")]
    [InlineData("first 1 (standby, TWIBACKUP_WAL)")]
    [InlineData("\"twibackup_wal\"")]
    [InlineData("\"*\"")]
    public async Task One_that_becomes_it_while_it_runs_says_so_and_goes_on(string names)
    {
        await using var postgres = await TestPostgres.StartAsync();
        await using var test = WalTest.Create();
        test.Receive(WalTest.Options(postgres) with { NamesInterval = TimeSpan.FromMilliseconds(100) });
        await test.UntilAsync(() => test.Receiver!.Status.Connected, "connected");
        await postgres.ExecuteAsync("postgres", $"alter system set synchronous_standby_names = '{names}'", "select pg_reload_conf()");
        // It is what the server itself takes it for.
        while (await postgres.ScalarAsync("select coalesce(max(sync_state), '') from pg_stat_replication where application_name = 'twibackup_wal'") is "" or "async")
            await Task.Delay(20, WalTest.Cancellation);
        await test.UntilAsync(() => test.Events.Any(e => e.Kind == WalEventKind.Synchronous), "told");
        Assert.Contains(names, test.Events.First(e => e.Kind == WalEventKind.Synchronous).Message, StringComparison.Ordinal);
        // To end now would have the commits wait for ever. It is said once, not each time it is looked at.
        await postgres.ExecuteAsync("postgres", "create table load(id int)");
        await test.CatchUpAsync(postgres);
        Assert.True(test.Receiver!.Status.Connected);
        Assert.Single(test.Events, e => e.Kind == WalEventKind.Synchronous);
        await postgres.ExecuteAsync("postgres", "alter system reset synchronous_standby_names", "select pg_reload_conf()");
    }

    [Fact]
    public async Task Another_standby_of_a_name_that_begins_alike_is_nobody_we_mind()
    {
        await using var postgres = await TestPostgres.StartAsync();
        await using var test = WalTest.Create();
        await postgres.ExecuteAsync("postgres", "alter system set synchronous_standby_names = 'ANY 1 (twibackup_wal_2, \"twibackup\")'", "select pg_reload_conf()");
        test.Receive(WalTest.Options(postgres) with { NamesInterval = TimeSpan.FromMilliseconds(100) });
        await test.UntilAsync(() => test.Receiver!.Status.Connected, "connected");
        Assert.Equal("async", await postgres.ScalarAsync("select sync_state from pg_stat_replication"));
        await postgres.ExecuteAsync("postgres", "alter system reset synchronous_standby_names", "select pg_reload_conf()");
        Assert.DoesNotContain(test.Events, e => e.Kind == WalEventKind.Synchronous);
    }
}
