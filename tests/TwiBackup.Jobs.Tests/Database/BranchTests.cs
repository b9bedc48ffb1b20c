using System.Globalization;
using TwiBackup.Database;
using TwiBackup.Postgres;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Database;

/// <summary>After a restore to an earlier point the old timeline has an end that nobody goes on from (decision 6).</summary>
public sealed class BranchTests
{
    [Fact]
    public async Task An_abandoned_branch_is_restored_only_when_it_is_named()
    {
        await using var source = await BackedUpServer.StartAsync();
        await source.ExecuteAsync("create table rows(id int)");
        await source.StartReceiverAsync();
        await source.BackUpAsync();
        var kept = await CommitAsync(source, 1);
        var abandoned = await CommitAsync(source, 2);
        var abandonedLsn = Lsn.Parse(await source.AskAsync("select pg_current_wal_lsn()"));
        await source.StopReceiverAsync();

        // The accident came after row 1: row 2 is left behind.
        var path = source.NewDataDirectory();
        await using (var server = await source.RestoreAsync(new RecoveryTarget { Time = kept }, null, new RestoreOptions { DataDirectory = path, SlotName = BackedUpServer.Slot }))
        {
            Assert.Equal(2u, server.Timeline);
            await server.CompleteAsync(BackedUpServer.Cancellation);
        }

        await source.ReplaceServerAsync(path);
        await source.StartReceiverAsync();
        var onTwo = await CommitAsync(source, 3);
        await source.StopReceiverAsync();

        Assert.Equal("1 3", await RowsAsync(source, RecoveryTarget.Latest));
        Assert.Equal("1 3", await RowsAsync(source, new RecoveryTarget { Time = onTwo }));
        Assert.Equal("1", await RowsAsync(source, new RecoveryTarget { Time = kept.AddMilliseconds(-1) }));

        var refused = await Assert.ThrowsAsync<TwiBackupException>(() => source.PlanAsync(new RecoveryTarget { Time = abandoned }));
        Assert.Equal(ExitCode.WrongUse, refused.ExitCode);
        Assert.Contains("--timeline", refused.Message, StringComparison.Ordinal);
        Assert.Contains("1", refused.Message, StringComparison.Ordinal);
        Assert.Equal("1 2", await RowsAsync(source, new RecoveryTarget { Time = abandoned, Timeline = 1 }));
        Assert.Equal("1 2", await RowsAsync(source, new RecoveryTarget { Lsn = abandonedLsn, Timeline = 1 }));

        // Both timelines lie in the store side by side, and the chain of each is whole.
        var chain = await WalChain.LoadAsync(source.Store.Store, (await source.PlanAsync(RecoveryTarget.Latest)).Layout, BackedUpServer.Cancellation);
        Assert.Equal([1u, 2u], chain.Timelines.Select(t => t.Timeline));
        Assert.Empty(chain.Gaps());
        Assert.Empty(chain.Contested);
    }

    /// <summary>Commits a row, has a mark behind it in the store, and returns an instant between the two.</summary>
    private static async Task<DateTimeOffset> CommitAsync(BackedUpServer source, int id)
    {
        await source.ExecuteAsync($"insert into rows values ({id})");
        var at = DateTimeOffset.Parse(
            await source.AskAsync("select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"), CultureInfo.InvariantCulture);
        await source.CatchUpAsync();
        var layout = (await source.PlanAsync(RecoveryTarget.Latest)).Layout;
        var marks = new WalMarks(source.Store.Store, source.Keys, layout);
        while (await marks.NewestAsync(source.Receiver!.Status.Timeline, BackedUpServer.Cancellation) is not { } mark || mark.Time < at.AddMilliseconds(2))
            await Task.Delay(50, BackedUpServer.Cancellation);
        return at;
    }

    private static async Task<string> RowsAsync(BackedUpServer source, RecoveryTarget target)
    {
        await using var server = await source.RestoreAsync(target);
        return await server.AskAsync("select string_agg(id::text, ' ' order by id) from rows");
    }
}
