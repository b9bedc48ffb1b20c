using System.Diagnostics.CodeAnalysis;
using Cronos;
using TwiBackup.Policy.Json;

namespace TwiBackup.Policy;

/// <summary>
/// When something runs: a cron expression of five fields in a time zone, or on change.
/// A time that daylight saving skips runs right after the gap; one that it repeats runs once,
/// unless the hour or minute is <c>*</c> or <c>*/n</c>.
/// </summary>
public sealed record Schedule
{
    private const string OnChangeText = "onChange";
    private readonly CronExpression? _cron;

    private Schedule(string text, TimeZoneInfo zone, CronExpression? cron) => (Text, Zone, _cron) = (text, zone, cron);

    /// <summary>Runs when what it protects has changed.</summary>
    public static Schedule OnChange { get; } = new(OnChangeText, TimeZoneInfo.Utc, null);

    /// <summary>The expression as it was written, fields separated by one blank; or <c>onChange</c>.</summary>
    public string Text { get; }

    /// <summary>The zone that the expression is meant in.</summary>
    public TimeZoneInfo Zone { get; }

    public bool IsOnChange => _cron is null;

    /// <summary>Reads a cron expression of five fields.</summary>
    /// <param name="problem">What is wrong and what to do.</param>
    public static bool TryParse(
        string text, TimeZoneInfo zone, [NotNullWhen(true)] out Schedule? schedule, [NotNullWhen(false)] out string? problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(zone);
        (schedule, problem) = (null, null);
        var shown = Words.Shown(text);
        var fields = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length != 5)
        {
            problem = $"\"{shown}\" has {fields.Length} fields; "
                + "write five: minute hour day-of-month month day-of-week, such as \"0 2 * * *\"";
            return false;
        }

        // crond runs when either day field matches, others when both do: an expression that means two things is refused.
        if (!IsEveryDay(fields[2]) && !IsEveryDay(fields[4]))
        {
            problem = $"\"{shown}\" restricts the day of the month and of the week, which schedulers read differently; restrict one of "
                + "them";
            return false;
        }

        if (!CronExpression.TryParse(string.Join(' ', fields), out var cron))
        {
            problem = $"\"{shown}\" is no cron expression; write five fields: minute (0-59) hour (0-23) day-of-month (1-31) month (1-12) "
                + "day-of-week (0-7)";
            return false;
        }

        schedule = new Schedule(string.Join(' ', fields), zone, cron);
        return true;
    }

    /// <summary>Reads a cron expression of five fields.</summary>
    /// <exception cref="TwiBackupException">It is none (wrong use).</exception>
    public static Schedule Parse(string text, TimeZoneInfo zone) =>
        TryParse(text, zone, out var schedule, out var problem)
            ? schedule
            : throw new TwiBackupException(ExitCode.WrongUse, $"The schedule {problem}.");

    /// <summary>The first run after an instant, with the zone's offset. Null: never, or on change.</summary>
    public DateTimeOffset? Next(DateTimeOffset after) => _cron?.GetNextOccurrence(after, Zone);

    /// <summary>The first runs after an instant, at most <paramref name="count"/> of them.</summary>
    public IReadOnlyList<DateTimeOffset> NextRuns(DateTimeOffset after, int count)
    {
        var runs = new List<DateTimeOffset>(count);
        for (var next = Next(after); next is { } run && runs.Count < count; next = Next(run))
            runs.Add(run);
        return runs;
    }

    /// <summary>Whether there is no run after an instant, as with 30 February. On change counts as running.</summary>
    public bool NeverFires(DateTimeOffset after) => !IsOnChange && Next(after) is null;

    /// <summary>
    /// The longest real time between two runs that follow each other, of those that begin within some years;
    /// at least one such pair is looked at, however far apart. Null: on change, or fewer than two runs ever.
    /// </summary>
    public TimeSpan? LongestGap(DateTimeOffset from, int years = 2)
    {
        var until = from.AddYears(years);
        TimeSpan? longest = null;
        var run = Next(from);
        while (run is { } earlier && (earlier < until || longest is null))
        {
            run = Next(earlier);
            if (run - earlier is { } gap && !(gap <= longest))
                longest = gap;
        }

        return longest;
    }

    /// <summary>The same expression in another zone.</summary>
    public Schedule In(TimeZoneInfo zone) => IsOnChange ? this : new Schedule(Text, zone, _cron);

    public override string ToString() => Text;

    private static bool IsEveryDay(string field) => field[0] is '*' or '?';
}
