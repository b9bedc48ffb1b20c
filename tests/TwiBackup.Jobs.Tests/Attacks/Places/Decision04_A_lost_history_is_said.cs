using TwiBackup.Database;
using TwiBackup.Tests.Database;

namespace TwiBackup.Tests.Attacks.Places;

/// <summary>
/// A timeline's history file is lost, its WAL is there. Anybody who may write could have planted that WAL, so it stops no restore; but it is
/// said, and a loss larger than the RPO is a person's to accept (D22).
/// </summary>
public sealed class Decision04_A_lost_history_is_said
{
    [Fact]
    public async Task Without_it_the_timeline_is_passed_over_which_is_said_and_needs_a_person_past_the_RPO()
    {
        await using var source = await BackedUpServer.StartAsync();
        await source.ExecuteAsync("create table rows(id int)");
        await source.StartReceiverAsync();
        await source.BackUpAsync();
        await source.ExecuteAsync("insert into rows values (1)");
        await source.CatchUpAsync();
        await source.StopReceiverAsync();
        var path = source.NewDataDirectory();
        await using (var server = await source.RestoreAsync(RecoveryTarget.Latest, null, new RestoreOptions { DataDirectory = path, SlotName = BackedUpServer.Slot }))
            await server.CompleteAsync(BackedUpServer.Cancellation);
        await source.ReplaceServerAsync(path);
        await source.StartReceiverAsync();
        await source.ExecuteAsync("insert into rows values (2)");
        await source.CatchUpAsync();
        await source.StopReceiverAsync();
        await using (var whole = await source.RestoreAsync(RecoveryTarget.Latest))
            Assert.Equal("2", await whole.AskAsync("select count(*) from rows"));

        var histories = Directory.GetFiles(source.Store.Root, "00000002.history*", SearchOption.AllDirectories);
        Assert.Equal(2, histories.Length);
        foreach (var history in histories)
            File.Delete(history);
        var plan = await source.PlanAsync(RecoveryTarget.Latest);
        Assert.Equal(1u, plan.Path.Timeline);
        Assert.True(plan.IsNewerRefused);
        Assert.Contains("Timeline 2 was passed over: its history is not there.", plan.Skipped);

        await using (var one = await source.RestoreAsync(new RecoveryTarget { Timeline = 1 }))
            Assert.Equal("1", await one.AskAsync("select count(*) from rows"));

        // The server still has it: a receiver that starts puts it back.
        await source.StartReceiverAsync();
        await source.StopReceiverAsync();
        await using var again = await source.RestoreAsync(RecoveryTarget.Latest);
        Assert.Equal("2", await again.AskAsync("select count(*) from rows"));
        Tally.Add("timelines: a history file that is lost", (1, "files lost"));
    }
}
