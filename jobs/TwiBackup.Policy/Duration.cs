using System.Globalization;

namespace TwiBackup.Policy;

/// <summary>
/// Durations as people write them: <c>500ms</c>, <c>90s</c>, <c>10m</c>, <c>1h</c>, <c>30d</c>, <c>2w</c>, <c>1y</c> (365 days),
/// or ISO 8601 (<c>PT1H30M</c>, <c>P7D</c>) without months, which have no length. From zero to 100 years.
/// </summary>
public static class Duration
{
    /// <summary>The longest that is taken.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(36500);

    private static readonly (string Unit, TimeSpan Length)[] Units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)),
        ("s", TimeSpan.FromSeconds(1)),
        ("m", TimeSpan.FromMinutes(1)),
        ("h", TimeSpan.FromHours(1)),
        ("d", TimeSpan.FromDays(1)),
        ("w", TimeSpan.FromDays(7)),
        ("y", TimeSpan.FromDays(365)),
    ];

    /// <summary>Reads a duration.</summary>
    /// <returns>False: it is none, is negative, or is longer than <see cref="Longest"/>.</returns>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.StartsWith('P') ? TryParseIso(text, out duration) : TryParseShort(text, out duration);
    }

    /// <summary>For people, and exact: <c>1y</c> when it is whole years, else days (from two, or one alone), hours, and so on.</summary>
    public static string Format(TimeSpan duration)
    {
        if (duration < TimeSpan.Zero)
            return $"-{Format(-duration)}";
        if (duration.TotalDays >= 365 && duration.Ticks % TimeSpan.FromDays(365).Ticks == 0)
            return string.Create(CultureInfo.InvariantCulture, $"{duration.Days / 365}y");
        var days = duration.TotalDays < 2 && duration.TotalDays != 1 ? 0 : duration.Days;
        (long Count, string Unit)[] parts =
        [
            (days, "d"), ((long)duration.TotalHours - (days * 24), "h"), (duration.Minutes, "m"), (duration.Seconds, "s"),
            (duration.Milliseconds, "ms"),
        ];
        var words = parts
            .Where(part => part.Count > 0)
            .Select(part => string.Create(CultureInfo.InvariantCulture, $"{part.Count}{part.Unit}"));
        return duration == TimeSpan.Zero ? "0s" : string.Join(' ', words);
    }

    private static bool TryParseShort(string text, out TimeSpan duration)
    {
        duration = default;
        var digits = text.TakeWhile(char.IsAsciiDigit).Count();
        return TryFind(text[digits..], out var unit) && TryTimes(text.AsSpan(0, digits), unit, out duration);
    }

    private static bool TryParseIso(string text, out TimeSpan duration)
    {
        duration = default;
        var order = "YWDTHMS";
        var (position, parts, time) = (1, 0, false);
        while (position < text.Length)
        {
            var digits = text.Skip(position).TakeWhile(char.IsAsciiDigit).Count();
            if (position + digits >= text.Length)
                return false;
            var letter = text[position + digits];
            var rank = order.IndexOf(letter, StringComparison.Ordinal);
            if (rank < 0 || (letter == 'T' ? digits > 0 : time != letter is 'H' or 'M' or 'S'))
                return false;
            order = order[(rank + 1)..];
            time |= letter == 'T';
            if (letter != 'T')
            {
                if (!TryFind(char.ToLowerInvariant(letter).ToString(), out var unit)
                    || !TryTimes(text.AsSpan(position, digits), unit, out var part)
                    || (duration += part) > Longest)
                    return false;
                parts++;
            }

            position += digits + 1;
        }

        return parts > 0 && !text.EndsWith('T');
    }

    private static bool TryFind(string name, out TimeSpan unit)
    {
        unit = Units.FirstOrDefault(candidate => candidate.Unit == name).Length;
        return unit > TimeSpan.Zero;
    }

    private static bool TryTimes(ReadOnlySpan<char> digits, TimeSpan unit, out TimeSpan duration)
    {
        duration = default;
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count > Longest.Ticks / unit.Ticks)
            return false;
        duration = unit * count;
        return true;
    }
}
