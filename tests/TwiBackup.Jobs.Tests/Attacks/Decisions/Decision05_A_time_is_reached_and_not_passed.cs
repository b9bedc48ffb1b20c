using System.Globalization;
using TwiBackup.Database;
using TwiBackup.Postgres;
using TwiBackup.Sealing;
using TwiBackup.Tests.Database;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Attacks.Decisions;

/// <summary>
/// A time behind the last commit is reached by what is signed of an idle server. It is not passed either: not when the system goes on while
/// it is restored, and not by marks that somebody made up.
/// </summary>
public sealed class Decision05_A_time_is_reached_and_not_passed
{
    [Fact]
    public async Task What_a_living_system_commits_while_the_restore_runs_is_not_in_it()
    {
        await using var source = await BackedUpServer.StartAsync();
        var plan = await IdleAsync(source);
        var segment = WalSegment.Containing(plan.Reach, 1, 1 << 20).Name;
        var options = new RestoreOptions
        {
            DataDirectory = source.NewDataDirectory(),
            Scratch = true,
            BeforeStart = async (_, ready, cancellationToken) =>
            {
                // The first pass gets the segment as it was; when it is asked for again, commits behind the target have filled it.
                while (!File.Exists(Path.Combine(ready, segment)))
                    await Task.Delay(10, cancellationToken);
                await source.ExecuteAsync("insert into rows values (2)", "select pg_switch_wal()", "insert into rows values (3)");
                await source.CatchUpAsync();
            },
        };
        await using var server = await source.Restore(options).RunAsync(plan, BackedUpServer.Cancellation);
        Assert.Equal("1", await server.AskAsync("select count(*) from rows"));
        Tally.Add("time behind the last commit: the system goes on while it is restored", (2, "commits left out"));
    }

    [Fact]
    public async Task To_the_millisecond_of_the_newest_mark_and_not_a_microsecond_behind_it_whatever_marks_were_made_up()
    {
        await using var source = await BackedUpServer.StartAsync();
        var before = await IdleAsync(source);
        await source.StopReceiverAsync();
        var newest = (await source.PlanAsync(RecoveryTarget.Latest)).NewestTime;

        // Of a stranger: later, and as good as ours but for the key. Of ourselves, as a server whose clock went back would: earlier and further on.
        var stranger = new WalObjects(source.Store.Store, source.Keys with { Signer = SigningKey.Generate() }, before.Layout, _ => { });
        await stranger.PutMarkAsync(1, new WalMark(newest.AddHours(1), before.Reach), BackedUpServer.Cancellation);
        var ours = new WalObjects(source.Store.Store, source.Keys, before.Layout, _ => { });
        await ours.PutMarkAsync(1, new WalMark(newest.AddDays(-1), before.Reach), BackedUpServer.Cancellation);

        Assert.Equal(newest, (await source.PlanAsync(RecoveryTarget.Latest)).NewestTime);
        var refused = await Assert.ThrowsAsync<OutOfReachException>(() => source.PlanAsync(new RecoveryTarget { Time = newest.AddMicroseconds(1) }));
        Assert.Contains(newest.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff", CultureInfo.InvariantCulture), refused.Message, StringComparison.Ordinal);
        await using var server = await source.RestoreAsync(new RecoveryTarget { Time = newest });
        Assert.Equal("1", await server.AskAsync("select count(*) from rows"));
        Tally.Add("time behind the last commit: marks made up", (2, "marks"));
    }

    /// <summary>A full, one row behind it, and then nothing: the plan to the moment in which nothing happens.</summary>
    private static async Task<RestorePlan> IdleAsync(BackedUpServer source)
    {
        await source.ExecuteAsync("create table rows(id int)");
        await source.StartReceiverAsync();
        await source.BackUpAsync();
        await source.ExecuteAsync("insert into rows values (1)");
        return await PlanAsync(source, await NowAsync(source));
    }

    private static async Task<DateTimeOffset> NowAsync(BackedUpServer source) => DateTimeOffset.Parse(
        await source.AskAsync("select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"), CultureInfo.InvariantCulture);

    /// <summary>Once a mark says that nothing was written until then.</summary>
    private static async Task<RestorePlan> PlanAsync(BackedUpServer source, DateTimeOffset time)
    {
        while ((await source.PlanAsync(RecoveryTarget.Latest)).NewestTime <= time)
            await Task.Delay(50, BackedUpServer.Cancellation);
        return await source.PlanAsync(new RecoveryTarget { Time = time });
    }
}
