using System.Globalization;
using TwiBackup.Postgres;

namespace TwiBackup.Wal;

/// <summary>
/// At <paramref name="Time"/> of the server's clock everything that the server had flushed lay before <paramref name="Lsn"/>,
/// and the store holds it. Signed into every tail and segment as field <c>mark</c>, and put as an object of its own when idle.
/// </summary>
public sealed record WalMark(DateTimeOffset Time, Lsn Lsn)
{
    /// <summary>The statement's field that holds a mark.</summary>
    public const string Field = "mark";

    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    /// <summary>Reads <c>2026-11-23T02:00:00.000Z 0/3000148</c>.</summary>
    public static bool TryParse(string? text, out WalMark? mark)
    {
        mark = null;
        var parts = text?.Split(' ');
        if (parts is not { Length: 2 } || !Lsn.TryParse(parts[1], out var lsn)
            || !DateTimeOffset.TryParseExact(
                parts[0], TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time))
            return false;
        mark = new WalMark(time, lsn);
        return true;
    }

    /// <summary>The mark that a statement's fields hold, or null.</summary>
    public static WalMark? From(IReadOnlyDictionary<string, string> fields) =>
        TryParse(fields.GetValueOrDefault(Field), out var mark) ? mark : null;

    /// <summary>ISO 8601 in UTC with milliseconds (rounded down), a space, the LSN.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture)} {Lsn}");
}
