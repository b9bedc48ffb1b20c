using System.Globalization;
using TwiBackup.Policy;
using TwiBackup.Scheduling;

namespace TwiBackup.Tests.Scheduling;

/// <summary>When a job runs next, by nothing but the times it is told.</summary>
public sealed class JobTimerTests
{
    private static readonly DateTimeOffset Now = At("2026-11-23 15:30");

    [Fact]
    public void Of_all_missed_runs_one_is_caught_up()
    {
        var timer = Begin("0 2 * * *", At("2026-11-19 02:00"), Now);
        Assert.True(timer.IsDue(Now));
        Run(timer, Now, Now.AddMinutes(10));
        Assert.False(timer.IsDue(Now.AddMinutes(10)));
        Assert.Equal(At("2026-11-24 02:00"), timer.DueAt);
    }

    [Fact]
    public void What_ran_in_time_is_not_run_again_by_a_restart()
    {
        Assert.Equal(At("2026-11-24 02:00"), Begin("0 2 * * *", At("2026-11-23 02:00").AddSeconds(40), Now).DueAt);
        Assert.True(Begin("0 2 * * *", At("2026-11-23 01:50"), Now).IsDue(Now));
    }

    [Fact]
    public void A_backup_that_was_never_taken_runs_at_once_and_a_rehearsal_waits_for_its_time()
    {
        Assert.True(Begin("0 2 * * *", null, Now).IsDue(Now));
        Assert.Equal(At("2026-11-29 03:00"), Begin("0 3 * * 0", null, Now, runsWhenNever: false).DueAt);
    }

    [Fact]
    public void A_job_is_not_due_while_it_runs_and_once_more_when_its_time_came_meanwhile()
    {
        var timer = Begin("0 * * * *", At("2026-11-23 15:00"), Now);
        timer.Start(At("2026-11-23 16:00"));
        Assert.Null(timer.DueAt);
        Assert.False(timer.IsDue(At("2026-11-23 18:30")));
        timer.End(true, false, TimeSpan.FromHours(2.5), At("2026-11-23 18:30"));
        Assert.True(timer.IsDue(At("2026-11-23 18:30")));
        Run(timer, At("2026-11-23 18:30"), At("2026-11-23 18:31"));
        Assert.Equal(At("2026-11-23 19:00"), timer.DueAt);
    }

    [Fact]
    public void A_failure_that_may_heal_is_tried_again_later_and_later_and_then_at_its_time()
    {
        var timer = Begin("0 2 * * *", At("2026-11-23 02:00"), Now);
        var at = At("2026-11-24 02:00");
        foreach (var wait in (int[])[5, 15, 45])
        {
            Run(timer, at, at, succeeded: false);
            Assert.Equal(at.AddMinutes(wait), timer.DueAt);
            at = at.AddMinutes(wait);
        }

        Run(timer, at, at, succeeded: false);
        Assert.Equal(At("2026-11-25 02:00"), timer.DueAt);
        Assert.True(timer.LastFailed);
    }

    [Fact]
    public void A_failure_that_will_not_heal_waits_for_its_time()
    {
        var timer = Begin("0 2 * * *", At("2026-11-23 02:00"), Now);
        timer.Start(At("2026-11-24 02:00"));
        timer.End(false, mayWorkLater: false, TimeSpan.Zero, At("2026-11-24 02:01"));
        Assert.Equal(At("2026-11-25 02:00"), timer.DueAt);
    }

    [Fact]
    public void A_request_runs_at_once_and_once_more_when_it_came_during_a_run()
    {
        var timer = Begin("0 2 * * *", At("2026-11-23 02:00"), Now);
        timer.Request(Now);
        timer.Request(Now.AddSeconds(1));
        Assert.True(timer.IsDue(Now.AddSeconds(1) + JobTimer.Settle));
        timer.Start(Now.AddSeconds(10));
        timer.Request(Now.AddSeconds(20));
        Assert.Null(timer.DueAt);
        timer.End(true, false, TimeSpan.FromMinutes(1), Now.AddMinutes(1));
        Assert.True(timer.IsDue(Now.AddMinutes(1)));
        Run(timer, Now.AddMinutes(1), Now.AddMinutes(2));
        Assert.Equal(At("2026-11-24 02:00"), timer.DueAt);
    }

    /// <summary>The guide's cron took local time as it came: 02:30 twice in autumn, and not at all in spring (fault 16).</summary>
    [Theory]
    [InlineData("2026-10-24 12:00", "2026-10-25 00:30", "2026-10-26 01:30")]
    [InlineData("2027-03-27 12:00", "2027-03-28 01:00", "2027-03-29 00:30")]
    public void A_run_that_daylight_saving_repeats_or_skips_happens_once(string last, string run, string next)
    {
        var job = Job("30 2 * * *", "Europe/Berlin");
        var timer = new JobTimer(job, TimeSpan.Zero);
        timer.Begin(At(last), At(last));
        Assert.Equal(At(run), timer.DueAt!.Value.ToUniversalTime());
        Run(timer, At(run), At(run).AddMinutes(3));
        Assert.Equal(At(next), timer.DueAt!.Value.ToUniversalTime());
    }

    [Fact]
    public void A_clock_set_back_far_stops_nothing_and_a_little_repeats_nothing()
    {
        var timer = Begin("0 2 * * *", At("2026-11-23 02:00"), Now);
        timer.ClockWentBack(At("2026-11-23 01:58"));
        Assert.Equal(At("2026-11-24 02:00"), timer.DueAt);

        // The clock was a year ahead when the job ran.
        Run(timer, At("2027-11-24 02:00"), At("2027-11-24 02:01"));
        timer.ClockWentBack(At("2026-11-24 09:00"));
        Assert.Equal(At("2026-11-25 02:00"), timer.DueAt);
    }

    [Fact]
    public void A_last_run_in_the_future_holds_up_nothing()
    {
        var timer = Begin("0 2 * * *", At("2036-01-01 02:00"), Now);
        Assert.Equal(At("2026-11-24 02:00"), timer.DueAt);
    }

    [Fact]
    public void A_run_that_goes_on_past_the_next_is_told_once()
    {
        var timer = Begin("0 * * * *", At("2026-11-23 15:00"), Now);
        timer.Start(At("2026-11-23 16:00"));
        Assert.False(timer.TakeOverrun(At("2026-11-23 17:00")));
        Assert.True(timer.TakeOverrun(At("2026-11-23 17:01")));
        Assert.False(timer.TakeOverrun(At("2026-11-23 19:00")));
    }

    [Fact]
    public void Jitter_is_the_same_each_time_differs_between_systems_and_stays_below_its_limits()
    {
        var daily = Schedule.Parse("0 2 * * *", TimeZoneInfo.Utc);
        var jitters = Enumerable.Range(0, 50).Select(i => Jitter.Of($"s{i}", "full", daily, TimeSpan.FromMinutes(1), Now)).ToList();
        Assert.All(jitters, j => Assert.InRange(j, TimeSpan.Zero, TimeSpan.FromMinutes(1)));
        Assert.True(jitters.Distinct().Count() > 20);
        Assert.Equal(jitters[7], Jitter.Of("s7", "full", daily, TimeSpan.FromMinutes(1), Now.AddDays(3)));
        var often = Schedule.Parse("*/5 * * * *", TimeZoneInfo.Utc);
        Assert.All(Enumerable.Range(0, 50), i => Assert.InRange(Jitter.Of($"s{i}", "x", often, TimeSpan.FromHours(1), Now).TotalSeconds, 0, 15));
        Assert.Equal(TimeSpan.Zero, Jitter.Of("s", "x", Schedule.OnChange, TimeSpan.FromHours(1), Now));
    }

    private static void Run(JobTimer timer, DateTimeOffset from, DateTimeOffset to, bool succeeded = true)
    {
        timer.Start(from);
        timer.End(succeeded, mayWorkLater: true, to - from, to);
    }

    private static JobTimer Begin(string cron, DateTimeOffset? last, DateTimeOffset now, bool runsWhenNever = true)
    {
        var timer = new JobTimer(Job(cron) with { RunsWhenNever = runsWhenNever }, TimeSpan.Zero);
        timer.Begin(last, now);
        return timer;
    }

    private static ScheduledJob Job(string cron, string zone = "UTC") => new()
    {
        Kind = "full",
        Arguments = ["backup", "database"],
        Schedule = Schedule.Parse(cron, TimeZoneInfo.FindSystemTimeZoneById(zone)),
        RunsWhenNever = true,
    };

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}
