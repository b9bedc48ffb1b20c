using TwiBackup.Database;
using TwiBackup.Postgres;

namespace TwiBackup.Tests.Database;

public sealed class PointInTimeTests(PointInTimeStory story) : IClassFixture<PointInTimeStory>
{
    private BackedUpServer Source => story.Source;

    private PointInTimeStory.Step Third => story.Steps[2];

    [Fact]
    public async Task The_newest_point_is_restored_whole_and_on_a_timeline_of_its_own()
    {
        await using var server = await Source.RestoreAsync(RecoveryTarget.Latest);
        Assert.Equal(story.Second.Id, server.Set.Id);
        Assert.Equal("5", await server.AskAsync("select count(*) from steps"));
        Assert.Equal("app", await server.AskAsync("select pg_get_userbyid(datdba) from pg_database where datname = 'app'"));
        Assert.Equal("False", await server.AskAsync("select pg_is_in_recovery()"));
        Assert.Equal(2u, server.Timeline);
        Assert.Equal(story.Steps[4].Committed.UtcDateTime, server.LastCommit!.Value.UtcDateTime, TimeSpan.FromMilliseconds(1));
        await server.CheckAsync();
        await server.CompleteAsync(BackedUpServer.Cancellation);
        Assert.False(File.Exists(Path.Combine(server.DataDirectory, RestoreTarget.MarkerName)));
        Assert.False(Directory.Exists(Path.Combine(server.DataDirectory, "twibackup.wal")));
        Assert.False(File.Exists(Path.Combine(server.DataDirectory, "recovery.signal")));
        Assert.DoesNotContain("recovery_target", File.ReadAllText(Path.Combine(server.DataDirectory, "postgresql.auto.conf")), StringComparison.Ordinal);
        Assert.DoesNotContain("restore_command", File.ReadAllText(Path.Combine(server.DataDirectory, "postgresql.auto.conf")), StringComparison.Ordinal);
    }

    [Fact]
    public Task A_time_is_inclusive() => RestoresAsync(new RecoveryTarget { Time = Third.Committed }, 3);

    [Fact]
    public Task A_microsecond_before_a_commit_it_is_not_there() => RestoresAsync(new RecoveryTarget { Time = Third.Committed.AddMicroseconds(-1) }, 2);

    [Fact]
    public Task A_time_after_the_last_commit_of_an_idle_database_is_reached() => RestoresAsync(new RecoveryTarget { Time = story.Idle }, 5);

    [Fact]
    public Task An_lsn_is_reached() => RestoresAsync(new RecoveryTarget { Lsn = story.Steps[1].Lsn }, 2);

    [Fact]
    public async Task The_very_end_of_wal_is_reached_by_its_lsn() => await RestoresAsync(new RecoveryTarget { Lsn = (await Source.PlanAsync(RecoveryTarget.Latest)).Reach }, 5);

    [Fact]
    public async Task A_recorded_restore_point_is_reached_by_its_lsn()
    {
        var plan = await Source.PlanAsync(new RecoveryTarget { Name = story.Recorded.Name });
        Assert.Equal(story.Recorded.Lsn, plan.Target.Lsn);
        Assert.Equal(story.First.Id, plan.Set.Id);
        await RestoresAsync(new RecoveryTarget { Name = story.Recorded.Name }, 2);
    }

    [Fact]
    public async Task A_restore_point_that_somebody_made_by_hand_is_reached_from_a_set_before_it()
    {
        await using var server = await Source.Restore(new RestoreOptions { DataDirectory = Source.NewDataDirectory(), Scratch = true })
            .RunAsync(await Source.PlanAsync(new RecoveryTarget { Name = "by-hand" }, story.First.Id), BackedUpServer.Cancellation);
        Assert.Equal("3", await server.AskAsync("select count(*) from steps"));
    }

    [Fact]
    public async Task A_restore_point_that_nobody_made_is_said_not_to_have_been_reached()
    {
        var refused = await Assert.ThrowsAsync<TwiBackupException>(() => Source.RestoreAsync(new RecoveryTarget { Name = "nobody-made-it" }));
        Assert.Contains("nobody-made-it", refused.Message, StringComparison.Ordinal);
        Assert.Contains("was not reached", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public Task A_transaction_is_inclusive() => RestoresAsync(new RecoveryTarget { Xid = Third.Xid }, 3);

    [Fact]
    public Task Before_a_transaction_leaves_it_out() => RestoresAsync(new RecoveryTarget { BeforeXid = Third.Xid }, 2);

    [Fact]
    public Task Immediate_is_the_end_of_the_newest_full() => RestoresAsync(new RecoveryTarget { Immediate = true }, 4);

    [Fact]
    public async Task A_time_after_the_newest_mark_is_refused_and_the_newest_time_named()
    {
        var plan = await Source.PlanAsync(RecoveryTarget.Latest);
        Assert.InRange(plan.NewestTime, story.Idle, DateTimeOffset.UtcNow);
        var refused = await Assert.ThrowsAsync<OutOfReachException>(() => Source.PlanAsync(new RecoveryTarget { Time = plan.NewestTime.AddSeconds(1) }));
        Assert.Contains(plan.NewestTime.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'"), refused.Message, StringComparison.Ordinal);
        Assert.Contains("--at", refused.Message, StringComparison.Ordinal);
        // What the message names can be had.
        Assert.Equal(plan.Reach, (await Source.PlanAsync(new RecoveryTarget { Time = plan.NewestTime })).Reach);
    }

    [Fact]
    public async Task A_time_before_the_oldest_full_is_refused_and_its_end_named()
    {
        var refused = await Assert.ThrowsAsync<TwiBackupException>(() => Source.PlanAsync(new RecoveryTarget { Time = story.First.Manifest.StartedAt.AddMinutes(-1) }));
        Assert.Contains("the oldest full is complete at", refused.Message, StringComparison.Ordinal);
        Assert.Contains(story.First.StopLsn.ToString(), refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_lsn_behind_the_end_of_wal_is_refused_and_the_end_named()
    {
        var plan = await Source.PlanAsync(RecoveryTarget.Latest);
        var refused = await Assert.ThrowsAsync<OutOfReachException>(() => Source.PlanAsync(new RecoveryTarget { Lsn = new Lsn(plan.Reach.Value + 1) }));
        Assert.Contains($"--lsn {plan.Reach}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_timeline_that_is_not_there_is_refused()
    {
        var refused = await Assert.ThrowsAsync<TwiBackupException>(() => Source.PlanAsync(new RecoveryTarget { Timeline = 9 }));
        Assert.Contains("There is no timeline 9; the newest is 1", refused.Message, StringComparison.Ordinal);
        Assert.Equal(ExitCode.WrongUse, refused.ExitCode);
    }

    [Fact]
    public async Task A_set_that_is_not_there_is_refused()
    {
        var refused = await Assert.ThrowsAsync<TwiBackupException>(() => Source.PlanAsync(RecoveryTarget.Latest, "20200101T000000Z-0000"));
        Assert.Contains("There is no full backup 20200101T000000Z-0000", refused.Message, StringComparison.Ordinal);
    }

    private async Task RestoresAsync(RecoveryTarget target, int rows)
    {
        await using var server = await Source.RestoreAsync(target);
        Assert.Equal($"{rows}", await server.AskAsync("select count(*) from steps"));
        Assert.Equal($"{rows}", await server.AskAsync("select max(id) from steps"));
    }
}
