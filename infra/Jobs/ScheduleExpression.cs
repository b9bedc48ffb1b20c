using System.Globalization;
using TwiBackup.Infra.Configuration;
using TwiBackup.Policy;

namespace TwiBackup.Infra.Jobs;

/// <summary>
/// A policy's cron of five fields as EventBridge Scheduler's of six
/// (<see href="https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html">cron-based schedules</see>): a year is added,
/// one of
/// the two day fields becomes <c>?</c>, and Sunday, 0 or 7 in cron, is 1. Names of days and months are written as numbers, steps are
/// written out.
/// What cannot be said so that it fires at the same instants is refused: the scheduler leaves out a time that daylight saving skips, where
/// cron
/// runs right after the gap, and does not say which of two equal times it takes.
/// </summary>
/// <param name="Text"><c>cron(…)</c>.</param>
/// <param name="Zone">The IANA zone that it is meant in.</param>
public sealed record ScheduleExpression(string Text, string Zone)
{
    private const int YearsFollowed = 10;
    private static readonly string[] Days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
    private static readonly string[] Months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

    /// <summary>The expression that fires at the same instants.</summary>
    /// <exception cref="ConfigException">It cannot be said.</exception>
    public static ScheduleExpression Of(Schedule schedule)
    {
        var text = Translate(schedule);

        // Each hour of each day is the same in every zone that is whole hours away, and has no gap in UTC. Only with minute 0 is the run
        // right after a gap one that comes anyway.
        if (schedule.Text.EndsWith(" * * * *", StringComparison.Ordinal) && FiresOnTheHour(text) && HasWholeHours(schedule.Zone))
            return new ScheduleExpression(text, "UTC");
        var wallClock = schedule.In(TimeZoneInfo.Utc);
        var end = StackConfig.Epoch.AddYears(YearsFollowed);
        for (var run = wallClock.Next(StackConfig.Epoch); run is { } at && at < end; run = wallClock.Next(at))
        {
            var local = DateTime.SpecifyKind(at.DateTime, DateTimeKind.Unspecified);
            if (schedule.Zone.IsInvalidTime(local))
                throw Refused(schedule,
                    $"{local:yyyy-MM-dd HH:mm} does not exist in {schedule.Zone.Id} and that run would be left out; choose another hour, or UTC");
            if (schedule.Zone.IsAmbiguousTime(local))
                throw Refused(schedule, $"{local:yyyy-MM-dd HH:mm} comes twice in {schedule.Zone.Id}; choose another hour, or UTC");
        }

        return new ScheduleExpression(
            text, TimeZoneInfo.TryConvertWindowsIdToIanaId(schedule.Zone.Id, out var iana) ? iana : schedule.Zone.Id);
    }

    private static string Translate(Schedule schedule)
    {
        if (schedule.Text.Split(' ') is not [var minute, var hour, var day, var month, var weekday])
            throw Refused(schedule, "it has not five fields");
        var minutes = Field(schedule, minute, 0, 59, []);
        var hours = Field(schedule, hour, 0, 23, []);
        var months = Field(schedule, month, 1, 12, Months);
        var (days, weekdays) = IsEvery(weekday) ? (DayOfMonth(schedule, day), "?") : IsEvery(day) ? ("?", Weekdays(schedule, weekday))
            : throw Refused(schedule, "it restricts the day of the month and of the week; restrict one of them");
        return $"cron({minutes} {hours} {days} {months} {weekdays} *)";
    }

    private static bool FiresOnTheHour(string text) => text.StartsWith("cron(0 ", StringComparison.Ordinal)
        || text.StartsWith("cron(0,", StringComparison.Ordinal) || text.StartsWith("cron(* ", StringComparison.Ordinal);

    private static bool HasWholeHours(TimeZoneInfo zone) =>
        Enumerable.Range(0, YearsFollowed * 366)
            .All(day => zone.GetUtcOffset(StackConfig.Epoch.AddDays(day)).Ticks % TimeSpan.TicksPerHour == 0);

    private static bool IsEvery(string field) => field is "*" or "?";

    private static string DayOfMonth(Schedule schedule, string day) => day is "L" or "LW" ? day : Field(schedule, day, 1, 31, []);

    private static string Weekdays(Schedule schedule, string field)
    {
        if (field.EndsWith('L') && Number(field[..^1], 0, Days) is { } last and >= 0 and <= 7)
            return $"{Sunday1(last)}L";
        if (field.Split('#') is [var name, var nth] && Number(name, 0, Days) is { } weekday and >= 0 and <= 7
            && Number(nth, 0, []) is { } which and >= 1 and <= 5)
            return $"{Sunday1(weekday)}#{which}";
        return string.Join(',', Values(schedule, field, 0, 7, Days).Select(Sunday1).Distinct().Order());
    }

    private static int Sunday1(int day) => (day % 7) + 1;

    private static string Field(Schedule schedule, string field, int least, int most, string[] names) =>
        IsEvery(field) ? "*" : string.Join(',', Values(schedule, field, least, most, names));

    /// <summary>The values that a field lists, in order.</summary>
    private static List<int> Values(Schedule schedule, string field, int least, int most, string[] names)
    {
        var values = new SortedSet<int>();
        foreach (var part in field.Split(','))
        {
            var (range, step) = part.Split('/') switch
            {
                [var all] => (all, 1),
                [var some, var every] when Number(every, 0, []) is { } number and > 0 => (some, number),
                _ => throw Refused(schedule, $"\"{part}\" cannot be said there"),
            };
            var ends = IsEvery(range) ? [least, most == 7 ? 6 : most] : range.Split('-').Select(end => Number(end, least, names)).ToArray();
            if (ends.Length is 0 or > 2 || ends.Any(end => end is null || end < least || end > most))
                throw Refused(schedule, $"\"{part}\" cannot be said there");
            var from = ends[0]!.Value;
            var to = ends.Length == 2 ? ends[1]!.Value : step > 1 ? most : from;
            if (to < from)
                throw Refused(schedule, $"\"{part}\" runs backwards; write it as two ranges");
            for (var value = from; value <= to; value += step)
                values.Add(value);
        }

        return [.. values];
    }

    private static int? Number(string text, int least, string[] names)
    {
        var index = Array.FindIndex(names, name => name.Equals(text, StringComparison.OrdinalIgnoreCase));
        if (index >= 0)
            return index + least;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    private static ConfigException Refused(Schedule schedule, string why) =>
        ConfigReader.Wrong("policies", $"the schedule \"{schedule.Text}\" cannot be given to EventBridge Scheduler: {why}");
}
