using TwiBackup.Infra.Jobs;

namespace TwiBackup.Infra.Tests.Support;

/// <summary>
/// Runs of a schedule as EventBridge Scheduler documents them: six fields, Sunday is 1, <c>?</c> says nothing, a time that does not exist
/// is left out.
/// Written from its documentation, by walking through all minutes of the wall clock, so that it shares nothing with what it judges.
/// </summary>
internal static class EventBridge
{
    private static readonly string[] Days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

    public static List<DateTimeOffset> Runs(ScheduleExpression expression, DateTimeOffset from, DateTimeOffset until)
    {
        var fields = expression.Text["cron(".Length..^1].Split(' ');
        Assert.Equal(6, fields.Length);
        Assert.Equal(1, fields.Count(field => field == "?"));
        Assert.True(expression.Text.Length <= 256);
        var zone = TimeZoneInfo.FindSystemTimeZoneById(expression.Zone);
        var runs = new List<DateTimeOffset>();
        for (var day = from.UtcDateTime.Date.AddDays(-1); day <= until.UtcDateTime.Date.AddDays(1); day = day.AddDays(1))
        {
            if (!Has(fields[3], day.Month, 1) || !IsDay(fields[2], day) || !IsWeekday(fields[4], day))
                continue;
            for (var minute = 0; minute < 1440; minute++)
            {
                if (!Has(fields[1], minute / 60, 0) || !Has(fields[0], minute % 60, 0))
                    continue;
                var local = DateTime.SpecifyKind(day.AddMinutes(minute), DateTimeKind.Unspecified);
                if (zone.IsInvalidTime(local))
                    continue;
                Assert.False(zone.IsAmbiguousTime(local), $"{local} comes twice, and the scheduler does not say which it takes");
                var at = new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUniversalTime();
                if (at > from && at < until)
                    runs.Add(at);
            }
        }

        return runs;
    }

    private static bool IsDay(string field, DateTime day) => field switch
    {
        "?" => true,
        "L" => day.AddDays(1).Day == 1,
        _ => Has(field, day.Day, 1),
    };

    private static bool IsWeekday(string field, DateTime day)
    {
        var weekday = (int)day.DayOfWeek + 1;
        if (field == "?")
            return true;
        if (field.Split('#') is [var which, var nth])
            return Value(which) == weekday && (day.Day + 6) / 7 == Value(nth);
        return field.EndsWith('L') ? Value(field[..^1]) == weekday && day.AddDays(7).Month != day.Month : Has(field, weekday, 1);
    }

    private static bool Has(string field, int value, int least) => field.Split(',').Any(part =>
    {
        var (range, step) = part.Split('/') is [var some, var every] ? (some, Value(every)) : (part, 1);
        var (first, last) = range == "*" ? (least, int.MaxValue) : range.Split('-') is [var low, var high] ? (Value(low), Value(high))
            : (Value(range), part.Contains('/', StringComparison.Ordinal) ? int.MaxValue : Value(range));
        return value >= first && value <= last && (value - first) % step == 0;
    });

    private static int Value(string text) => Array.IndexOf(Days, text) is >= 0 and var day ? day + 1
        : int.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
