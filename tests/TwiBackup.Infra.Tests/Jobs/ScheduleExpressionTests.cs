using TwiBackup.Infra.Configuration;
using TwiBackup.Infra.Jobs;
using TwiBackup.Infra.Tests.Support;
using TwiBackup.Policy;

namespace TwiBackup.Infra.Tests.Jobs;

/// <summary>Compares instants, not texts: what EventBridge Scheduler would do with the expression, against the policy's own cron.</summary>
public sealed class ScheduleExpressionTests
{
    private static readonly DateTimeOffset From = new(2027, 3, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Until = From.AddYears(2);

    public static TheoryData<string, string> Said => new(
        from zone in new[] { "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata" }
        from cron in new[]
        {
            "0 12 * * *", "30 4 * * *", "15 6,18 * * *", "0 9-17/2 * * *", "0 5 * * 0", "0 5 * * 7", "0 5 * * SUN", "0 6 * * 1-5",
                "5 7 * * MON-FRI",
            "0 8 1 * *", "0 6 1 1,4,7,10 *", "0 6 1 */3 *", "0 20 31 * *", "0 10 29 2 *", "0 10 * FEB,NOV *", "10-50/20 13 * * 2,4",
                "0 22 L * *",
            "0 7 * * 1#2", "0 7 * * 5L", "0 */6 1 6 *", "0 7 * * */2", "0 7 * * 3/2",
        }
        select (zone, cron));

    public static TheoryData<string, string> EveryHour => new(
        from zone in new[] { "UTC", "Europe/Berlin", "America/New_York" }
        from cron in new[] { "0 * * * *", "*/15 * * * *", "0,20,40 * * * *" }
        select (zone, cron));

    [Theory]
    [MemberData(nameof(Said))]
    [MemberData(nameof(EveryHour))]
    public void A_schedule_fires_at_the_same_instants_over_two_years(string zone, string cron)
    {
        var schedule = Schedule.Parse(cron, TimeZoneInfo.FindSystemTimeZoneById(zone));
        var expression = ScheduleExpression.Of(schedule);
        var wanted = new List<DateTimeOffset>();
        for (var run = schedule.Next(From); run is { } at && at < Until; run = schedule.Next(at))
            wanted.Add(at.ToUniversalTime());
        Assert.NotEmpty(wanted);
        Assert.Equal(wanted, EventBridge.Runs(expression, From, Until));
    }

    [Fact]
    public async Task Every_schedule_of_the_stack_fires_as_its_job_asks()
    {
        var graph = await Graph.OfAsync("prod");
        foreach (var job in JobCatalog.For(Samples.System, withFiles: false).Where(job => !job.IsService))
        {
            var resource = graph.One("aws:scheduler/schedule:Schedule", job.Family("twi-bot"));
            var runs = EventBridge.Runs(
                new ScheduleExpression(resource.Text("scheduleExpression"), resource.Text("scheduleExpressionTimezone")), From, Until);
            Assert.Equal(job.Schedule!.NextRuns(From, runs.Count).Select(run => run.ToUniversalTime()), runs);
        }
    }

    [Theory]
    [InlineData("Europe/Berlin", "30 2 * * *", "2026-03-29 02:30 does not exist")]
    [InlineData("America/New_York", "0 2 * * *", "does not exist")]
    [InlineData("America/New_York", "30 1 * * *", "comes twice")]
    [InlineData("Europe/Berlin", "17 * * * *", "does not exist")]
    [InlineData("Australia/Lord_Howe", "*/15 * * * *", "Lord_Howe")]
    public void A_time_that_daylight_saving_skips_or_repeats_is_refused(string zone, string cron, string why)
    {
        var problem = Assert.Throws<ConfigException>(
            () => ScheduleExpression.Of(Schedule.Parse(cron, TimeZoneInfo.FindSystemTimeZoneById(zone))));
        Assert.StartsWith("twibackup:policies: ", problem.Message, StringComparison.Ordinal);
        Assert.Contains(why, problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0 2 15W * *")]
    [InlineData("0 2 L-3 * *")]
    public void What_cannot_be_said_is_refused(string cron) =>
        Assert.Throws<ConfigException>(() => ScheduleExpression.Of(Schedule.Parse(cron, TimeZoneInfo.Utc)));
}
