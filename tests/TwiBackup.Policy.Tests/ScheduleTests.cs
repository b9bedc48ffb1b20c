using System.Globalization;

namespace TwiBackup.Policy.Tests;

public sealed class ScheduleTests
{
    [Fact]
    public void The_guides_crons_run_when_crond_would_run_them()
    {
        Assert.Equal(Utc("2026-11-24T02:00"), Sample.Cron("0 2 * * *").Next(Sample.Now));
        Assert.Equal(Utc("2026-11-29T03:00"), Sample.Cron("0 3 * * 0").Next(Sample.Now)); // a Sunday
        Assert.Equal(Sample.Cron("0 3 * * 0").NextRuns(Sample.Now, 100), Sample.Cron("0 3 * * 7").NextRuns(Sample.Now, 100));
        Assert.Equal(Sample.Cron("0 3 * * 0").NextRuns(Sample.Now, 100), Sample.Cron("0 3 * * SUN").NextRuns(Sample.Now, 100));
    }

    [Fact]
    public void The_next_run_is_after_and_not_at() =>
        Assert.Equal(Utc("2026-11-25T02:00"), Sample.Cron("0 2 * * *").Next(Utc("2026-11-24T02:00")));

    [Fact]
    public void A_time_that_daylight_saving_skips_runs_right_after_the_gap()
    {
        var runs = Sample.Cron("30 2 * * *", "Europe/Berlin").NextRuns(Utc("2027-03-26T12:00"), 3);
        Assert.Equal(["2027-03-27 02:30 +01:00", "2027-03-28 03:00 +02:00", "2027-03-29 02:30 +02:00"], runs.Select(Shown));
    }

    [Fact]
    public void A_time_that_daylight_saving_repeats_runs_once()
    {
        var runs = Sample.Cron("30 2 * * *", "Europe/Berlin").NextRuns(Utc("2026-10-24T12:00"), 2);
        Assert.Equal(["2026-10-25 02:30 +02:00", "2026-10-26 02:30 +01:00"], runs.Select(Shown));
    }

    [Fact]
    public void An_hourly_schedule_runs_every_real_hour_when_daylight_saving_ends()
    {
        var runs = Sample.Cron("0 * * * *", "Europe/Berlin").NextRuns(Utc("2026-10-24T23:30"), 4);
        Assert.Equal(
            ["2026-10-25 02:00 +02:00", "2026-10-25 02:00 +01:00", "2026-10-25 03:00 +01:00", "2026-10-25 04:00 +01:00"],
            runs.Select(Shown));
        Assert.Equal(TimeSpan.FromHours(1), Sample.Cron("0 * * * *", "Europe/Berlin").LongestGap(Sample.Now));
    }

    [Theory]
    [InlineData("0 2 * * *", "UTC", "24h")]
    [InlineData("0 2 * * *", "Europe/Berlin", "25h")]
    [InlineData("0 4 * * *", "Australia/Lord_Howe", "24h 30m")]
    [InlineData("0 4 * * 0", "UTC", "7d")]
    [InlineData("0 4 * * 0", "Europe/Berlin", "7d 1h")]
    [InlineData("0 2,3 * * *", "UTC", "23h")]
    [InlineData("0 0 1 * *", "UTC", "31d")]
    [InlineData("0 6 1 1,4,7,10 *", "UTC", "92d")]
    [InlineData("0 0 29 2 *", "UTC", "1461d")]
    [InlineData("*/10 * * * *", "UTC", "10m")]
    public void The_longest_gap_is_in_real_time(string cron, string zone, string gap)
    {
        var expected = TimeSpan.Zero;
        foreach (var part in gap.Split(' '))
        {
            Assert.True(Duration.TryParse(part, out var length));
            expected += length;
        }

        Assert.Equal(expected, Sample.Cron(cron, zone).LongestGap(Sample.Now));
    }

    [Fact]
    public void A_day_that_does_not_exist_never_fires()
    {
        var schedule = Sample.Cron("0 0 30 2 *");
        Assert.True(schedule.NeverFires(Sample.Now));
        Assert.Null(schedule.LongestGap(Sample.Now));
        Assert.Empty(schedule.NextRuns(Sample.Now, 3));
        Assert.False(Sample.Cron("0 0 29 2 *").NeverFires(Sample.Now));
    }

    [Fact]
    public void On_change_has_no_times_and_is_not_never()
    {
        Assert.True(Schedule.OnChange.IsOnChange);
        Assert.False(Schedule.OnChange.NeverFires(Sample.Now));
        Assert.Null(Schedule.OnChange.Next(Sample.Now));
        Assert.Equal("onChange", Schedule.OnChange.ToString());
    }

    [Theory]
    [InlineData("0 2 * *")]
    [InlineData("0 0 2 * * *")]
    [InlineData("@daily")]
    [InlineData("")]
    [InlineData("60 2 * * *")]
    [InlineData("0 24 * * *")]
    [InlineData("0 2 0 * *")]
    [InlineData("0 2 * 13 *")]
    [InlineData("0 2 * * 8")]
    [InlineData("a b c d e")]
    [InlineData("0 2 13 * 5")] // crond: the 13th and every Friday; others: Friday the 13th
    public void What_is_no_cron_of_five_fields_is_refused(string text)
    {
        Assert.False(Schedule.TryParse(text, TimeZoneInfo.Utc, out _, out var problem));
        Assert.DoesNotContain('\n', problem);
    }

    /// <summary>
    /// The days around each change of the clock, minute by minute: a daily schedule runs once a calendar day,
    /// at its time, or right after the gap if its time is skipped, or the first of two if it is repeated.
    /// </summary>
    [Theory]
    [InlineData("Europe/Berlin")]
    [InlineData("America/New_York")]
    [InlineData("Australia/Lord_Howe")]
    [InlineData("Africa/Cairo")] // changes at midnight
    [InlineData("America/Santiago")]
    [InlineData("Asia/Kathmandu")] // never changes
    public void Daily_schedules_run_once_a_day_on_the_days_of_daylight_saving(string zoneName)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(zoneName);
        var random = new Random(zoneName.Length);
        foreach (var midnight in DaysAroundChanges(zone, 2027))
        {
            for (var i = 0; i < 12; i++)
            {
                var (hour, minute) = (random.Next(0, 5), random.Next(0, 60));
                var (from, until) = (midnight.AddDays(-1), midnight.AddDays(2));
                var runs = new List<DateTimeOffset>();
                var schedule = Schedule.Parse($"{minute} {hour} * * *", zone);
                for (var run = schedule.Next(from.AddTicks(-1)); run < until; run = schedule.Next(run.Value))
                    runs.Add(run!.Value);
                Assert.Equal(ByHand(zone, hour, minute, from, until), runs.Select(run => run.UtcDateTime));
            }
        }
    }

    private static List<DateTime> ByHand(TimeZoneInfo zone, int hour, int minute, DateTimeOffset from, DateTimeOffset until)
    {
        var runs = new List<DateTime>();
        var before = TimeZoneInfo.ConvertTime(from.AddMinutes(-1), zone);
        var lastDay = DateTime.MinValue;
        for (var time = from; time < until; time = time.AddMinutes(1))
        {
            var local = TimeZoneInfo.ConvertTime(time, zone);
            var wanted = local.Date.AddHours(hour).AddMinutes(minute);
            var isNow = local.DateTime == wanted || (zone.IsInvalidTime(wanted) && before.DateTime < wanted && local.DateTime > wanted);
            if (isNow && lastDay != local.Date)
            {
                lastDay = local.Date;
                runs.Add(time.UtcDateTime);
            }

            before = local;
        }

        return runs;
    }

    private static IEnumerable<DateTimeOffset> DaysAroundChanges(TimeZoneInfo zone, int year)
    {
        var day = new DateTimeOffset(year, 1, 1, 0, 0, 0, TimeSpan.Zero);
        for (; day.Year == year; day = day.AddDays(1))
        {
            if (zone.GetUtcOffset(day) != zone.GetUtcOffset(day.AddDays(1)) || day.DayOfYear == 100)
                yield return day;
        }
    }

    private static DateTimeOffset Utc(string text) => DateTimeOffset.Parse($"{text}Z", CultureInfo.InvariantCulture);

    private static string Shown(DateTimeOffset run) => run.ToString("yyyy-MM-dd HH:mm zzz", CultureInfo.InvariantCulture);
}
