using System.Globalization;
using TwiBackup.Database;
using TwiBackup.Postgres;
using TwiBackup.Tests.Database;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Attacks.Places;

/// <summary>Timelines that branch off one another, and names that occur twice.</summary>
public sealed class Decision06_Branches_are_kept_apart
{
    [Fact]
    public async Task After_two_restores_to_different_times_each_branch_holds_what_was_written_on_it()
    {
        await using var source = await BackedUpServer.StartAsync();
        await source.ExecuteAsync("create table rows(id int)");
        await source.StartReceiverAsync();
        await source.BackUpAsync();
        var first = await WriteAsync(source, 1);
        var second = await WriteAsync(source, 2);
        await WriteAsync(source, 3);
        await source.StopReceiverAsync();

        // Back to after row 2, and on from there.
        await GoOnFromAsync(source, new RecoveryTarget { Time = second }, 2);
        var onTwo = await WriteAsync(source, 20);
        await source.StopReceiverAsync();
        // That was wrong, too: back to after row 1 of the first, and on from there, with a full and more behind it.
        await GoOnFromAsync(source, new RecoveryTarget { Time = first, Timeline = 1 }, 3);
        await WriteAsync(source, 30);
        await source.BackUpAsync();
        var onThree = await WriteAsync(source, 31);
        await source.StopReceiverAsync();

        Assert.Equal("1 30 31", await RowsAsync(source, RecoveryTarget.Latest));
        Assert.Equal("1 30 31", await RowsAsync(source, new RecoveryTarget { Time = onThree }));
        Assert.Equal("1 2 20", await RowsAsync(source, new RecoveryTarget { Timeline = 2 }));
        Assert.Equal("1 2 20", await RowsAsync(source, new RecoveryTarget { Time = onTwo, Timeline = 2 }));
        Assert.Equal("1 2 3", await RowsAsync(source, new RecoveryTarget { Timeline = 1 }));
        var refused = await Assert.ThrowsAsync<TwiBackupException>(() => source.PlanAsync(new RecoveryTarget { Time = onTwo }));
        Assert.Contains("--timeline", refused.Message, StringComparison.Ordinal);

        var chain = await WalChain.LoadAsync(source.Store.Store, (await source.PlanAsync(RecoveryTarget.Latest)).Layout, BackedUpServer.Cancellation);
        Assert.Equal([1u, 2u, 3u], chain.Timelines.Select(t => t.Timeline));
        Assert.Empty(chain.Gaps());
        Assert.Empty(chain.Contested);
        Assert.All(chain.Timelines, t => Assert.Empty(t.Conflicts));
        Tally.Add("timelines: restores to other points, then archiving goes on", (2, "switches"), (5, "restores compared"));
    }

    [Fact]
    public async Task A_restore_point_whose_name_occurs_twice_is_the_first_behind_the_set_that_is_begun_from()
    {
        await using var source = await BackedUpServer.StartAsync();
        await source.ExecuteAsync("create table rows(id int)");
        await source.StartReceiverAsync();
        var before = await source.BackUpAsync();
        await source.ExecuteAsync("insert into rows values (1)", "select pg_create_restore_point('again')", "insert into rows values (2)");
        await source.BackUpAsync();
        await source.ExecuteAsync("insert into rows values (3)", "select pg_create_restore_point('again')", "insert into rows values (4)");
        await source.CatchUpAsync();
        var point = new RestorePoint(source.ReceiverOptions(), source.Store.Store, source.Keys, _ => { }, TimeProvider.System);
        await point.TakeAsync("20261123T020000Z-9f3c", before.StartLsn, BackedUpServer.Cancellation);
        var refused = await Assert.ThrowsAnyAsync<TwiBackupException>(() => point.TakeAsync("20261123T020000Z-9f3c", before.StartLsn, BackedUpServer.Cancellation));
        Assert.DoesNotContain('\n', refused.Message);
        await source.StopReceiverAsync();

        Assert.Equal("1 2 3", await RowsAsync(source, new RecoveryTarget { Name = "again" }));
        Assert.Equal("1", await RowsAsync(source, new RecoveryTarget { Name = "again" }, before.Id));
        Assert.Equal("1 2 3 4", await RowsAsync(source, new RecoveryTarget { Name = "twibackup-20261123T020000Z-9f3c" }));
        Tally.Add("restore points: a name that occurs twice", (2, "names"));
    }

    /// <summary>Restores for good, and goes on there with a receiver.</summary>
    private static async Task GoOnFromAsync(BackedUpServer source, RecoveryTarget target, uint timeline)
    {
        var path = source.NewDataDirectory();
        await using (var server = await source.RestoreAsync(target, null, new RestoreOptions { DataDirectory = path, SlotName = BackedUpServer.Slot }))
        {
            Assert.Equal(timeline, server.Timeline);
            await server.CompleteAsync(BackedUpServer.Cancellation);
        }

        await source.ReplaceServerAsync(path);
        await source.StartReceiverAsync();
    }

    /// <summary>Commits a row, has a mark behind it in the store, and returns an instant between the two.</summary>
    private static async Task<DateTimeOffset> WriteAsync(BackedUpServer source, int id)
    {
        await source.ExecuteAsync($"insert into rows values ({id})");
        var at = DateTimeOffset.Parse(
            await source.AskAsync("select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"), CultureInfo.InvariantCulture);
        await source.CatchUpAsync();
        var layout = (await source.PlanAsync(new RecoveryTarget { Timeline = source.Receiver!.Status.Timeline })).Layout;
        var marks = new WalMarks(source.Store.Store, source.Keys, layout);
        while (await marks.NewestAsync(source.Receiver!.Status.Timeline, BackedUpServer.Cancellation) is not { } mark || mark.Time < at.AddMilliseconds(2))
            await Task.Delay(50, BackedUpServer.Cancellation);
        return at;
    }

    private static async Task<string> RowsAsync(BackedUpServer source, RecoveryTarget target, string? setId = null)
    {
        await using var server = await source.Restore(new RestoreOptions { DataDirectory = source.NewDataDirectory(), Scratch = true })
            .RunAsync(await source.PlanAsync(target, setId), BackedUpServer.Cancellation);
        return await server.AskAsync("select string_agg(id::text, ' ' order by id) from rows");
    }
}
