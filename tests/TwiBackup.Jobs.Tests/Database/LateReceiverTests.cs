using System.Globalization;
using TwiBackup.Database;

namespace TwiBackup.Tests.Database;

public sealed class LateReceiverTests
{
    [Fact]
    public async Task A_full_taken_before_the_receiver_began_is_restored_to_a_time_after_the_last_commit()
    {
        await using var source = await BackedUpServer.StartAsync();
        await source.ExecuteAsync("create table rows(id int)");
        var set = await source.BackUpAsync();
        await source.ExecuteAsync("select pg_switch_wal()", "checkpoint");
        await source.StartReceiverAsync();
        await source.ExecuteAsync("insert into rows values (1)");
        await source.CatchUpAsync();
        var idle = DateTimeOffset.Parse(
            await source.AskAsync("select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"), CultureInfo.InvariantCulture);
        while ((await source.PlanAsync(RecoveryTarget.Latest)).NewestTime <= idle)
            await Task.Delay(100, BackedUpServer.Cancellation);
        await source.StopReceiverAsync();

        await using var server = await source.RestoreAsync(new RecoveryTarget { Time = idle });
        Assert.Equal(set.Id, server.Set.Id);
        Assert.Equal("1", await server.AskAsync("select count(*) from rows"));
    }

    [Fact]
    public async Task A_full_alone_is_restored_by_the_wal_inside_it()
    {
        await using var source = await BackedUpServer.StartAsync();
        await source.ExecuteAsync("create table rows(id int)", "insert into rows select generate_series(1, 1000)");
        await source.BackUpAsync();
        await using var server = await source.RestoreAsync(RecoveryTarget.Latest);
        Assert.Equal("1000", await server.AskAsync("select count(*) from rows"));
        await server.CheckAsync();
    }
}
