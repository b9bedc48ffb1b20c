using System.Globalization;

namespace TwiBackup.Wal;

/// <summary>
/// A file name that PostgreSQL gives to archive_command or restore_command
/// (<see href="https://www.postgresql.org/docs/current/continuous-archiving.html">continuous archiving</see>).
/// </summary>
/// <param name="Kind">What it is.</param>
/// <param name="Timeline">From 1.</param>
/// <param name="Segment">The 24 digits; empty for a history.</param>
/// <param name="Offset">Backup label: the digits behind the segment's.</param>
public readonly record struct WalFileName(WalFileKind Kind, uint Timeline, string Segment, uint Offset)
{
    /// <summary>Reads a name; false when PostgreSQL would never write it.</summary>
    public static bool TryParse(string? name, out WalFileName parsed)
    {
        parsed = default;
        if (name is null || name.Length < 16 || !TryHex(name.AsSpan(0, 8), out var timeline) || timeline == 0)
            return false;
        if (name[8..] == ".history")
        {
            parsed = new WalFileName(WalFileKind.History, timeline, "", 0);
            return true;
        }

        if (name.Length < 24 || !TryHex(name.AsSpan(8, 8), out _) || !TryHex(name.AsSpan(16, 8), out _))
            return false;
        var segment = name[..24];
        uint offset = 0;
        WalFileKind? kind = name[24..] switch
        {
            "" => WalFileKind.Segment,
            ".partial" => WalFileKind.Partial,
            { Length: 16 } rest when rest[0] == '.' && rest.EndsWith(".backup", StringComparison.Ordinal) && TryHex(rest.AsSpan(1, 8), out offset)
                => WalFileKind.BackupLabel,
            _ => null,
        };
        if (kind is null)
            return false;
        parsed = new WalFileName(kind.Value, timeline, segment, offset);
        return true;
    }

    private static bool TryHex(ReadOnlySpan<char> digits, out uint value)
    {
        foreach (var c in digits)
        {
            if (c is not ((>= '0' and <= '9') or (>= 'A' and <= 'F')))
            {
                value = 0;
                return false;
            }
        }

        return uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }
}
