using TwiBackup.Policy;

namespace TwiBackup.AppHost.Tests;

public sealed class DisasterTests
{
    private static readonly Objective Promised = new(TimeSpan.FromHours(1), TimeSpan.FromHours(2));
    private static readonly DateTimeOffset Killed = new(2026, 11, 25, 3, 0, 10, TimeSpan.Zero);

    [Fact]
    public void What_was_lost_counts_from_the_last_commit_that_came_back_to_the_kill()
    {
        var end = new JobEnd(0, ["Restored full/x to LSN 0/5000000, last commit 2026-11-25 03:00:08.500Z, on the new timeline 2.", "Start it with: …"]);
        Assert.Equal(
            "Lost at most 1.5 s of writes (objective 1h), back after 20 s (objective 2h).",
            DisasterExtensions.Sentence(Killed, Killed, Killed.AddSeconds(20), DisasterExtensions.LastCommit(end), Promised));
    }

    [Fact]
    public void Without_a_kill_of_ours_no_loss_is_made_up()
    {
        Assert.Equal("Back after 20 s (objective 2h).", DisasterExtensions.Sentence(null, Killed, Killed.AddSeconds(20), null, Promised));
        Assert.Null(DisasterExtensions.LastCommit(new JobEnd(0, ["Restored full/x to LSN 0/5000000, on the new timeline 2."])));
    }

    [Fact]
    public void The_time_that_Aspire_puts_before_a_line_is_taken_off()
    {
        Assert.Equal("OK twi: x", JobRun.Plain(new LogLine(1, "2026-11-25T03:00:00.0000000Z OK twi: x", false)));
        Assert.Equal("2026-11-25 is no time", JobRun.Plain(new LogLine(1, "2026-11-25 is no time", false)));
    }
}
