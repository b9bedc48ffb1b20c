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
    private const int TimeLength = 16;
    private static readonly SearchValues<char> Hexadecimal = SearchValues.Create("0123456789abcdef");

    /// <summary>A new id for now.</summary>
    public static string Create(DateTimeOffset now) =>
        now.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture) + "-" + RandomNumberGenerator.GetHexString(4, lowercase: true);

    /// <summary>
    /// Whether a set may have been begun after another one, as far as names tell: those of one second are in no order. Where both
    /// manifests can be read, <see cref="BackupSetOrder"/> knows better.
    /// </summary>
    public static bool MayBeNewer(string id, string than) =>
        id != than && string.CompareOrdinal(id, 0, than, 0, TimeLength) >= 0;

    /// <summary>The time in an id; false when <paramref name="text"/> is no id.</summary>
    public static bool TryParse(string? text, out DateTimeOffset time)
    {
        time = default;
        return text is { Length: Length } && text[TimeLength] == '-'
            && text.AsSpan(TimeLength + 1).IndexOfAnyExcept(Hexadecimal) < 0
            && DateTimeOffset.TryParseExact(
                text.AsSpan(0, TimeLength), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);
    }
}
