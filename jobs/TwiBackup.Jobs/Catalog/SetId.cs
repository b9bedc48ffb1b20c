using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;

namespace TwiBackup.Catalog;

/// <summary>
/// The name of a set, <c>20261123T020000Z-9f3c</c>: UTC to the second, so that names sort by time, and a random suffix,
/// so that two jobs of one second do not meet.
/// </summary>
public static class SetId
{
    private const string TimeFormat = "yyyyMMdd'T'HHmmss'Z'";
    private const int Length = 21;
    private static readonly SearchValues<char> Hexadecimal = SearchValues.Create("0123456789abcdef");

    /// <summary>A new id for now.</summary>
    public static string Create(DateTimeOffset now) =>
        now.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture) + "-" + RandomNumberGenerator.GetHexString(4, lowercase: true);

    /// <summary>The time in an id; false when <paramref name="text"/> is no id.</summary>
    public static bool TryParse(string? text, out DateTimeOffset time)
    {
        time = default;
        return text is { Length: Length } && text[16] == '-'
            && text.AsSpan(17).IndexOfAnyExcept(Hexadecimal) < 0
            && DateTimeOffset.TryParseExact(
                text.AsSpan(0, 16), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);
    }
}
