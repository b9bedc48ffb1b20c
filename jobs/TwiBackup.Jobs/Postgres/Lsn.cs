using System.Globalization;

namespace TwiBackup.Postgres;

/// <summary>
/// A position in the write-ahead log, in bytes from its beginning
/// (<see href="https://www.postgresql.org/docs/current/datatype-pg-lsn.html">pg_lsn</see>); written as two hexadecimal halves,
/// <c>16/B374D848</c>.
/// </summary>
public readonly record struct Lsn(ulong Value) : IComparable<Lsn>
{
    /// <summary>The invalid LSN, <c>0/0</c>.</summary>
    public static readonly Lsn Zero;

    /// <summary>Reads <c>X/Y</c>. Throws <see cref="FormatException"/>.</summary>
    public static Lsn Parse(string text) =>
        TryParse(text, out var lsn) ? lsn : throw new FormatException($"\"{text}\" is not an LSN. Write it like 16/B374D848.");

    /// <summary>Reads <c>X/Y</c>, each half of one to eight hexadecimal digits.</summary>
    public static bool TryParse(string? text, out Lsn lsn)
    {
        lsn = Zero;
        var slash = text?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        if (slash is < 1 or > 8 || text!.Length - slash - 1 is < 1 or > 8)
            return false;
        if (!uint.TryParse(text.AsSpan(0, slash), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var high)
            || !uint.TryParse(text.AsSpan(slash + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var low))
            return false;
        lsn = new Lsn(((ulong)high << 32) | low);
        return true;
    }

    public int CompareTo(Lsn other) => Value.CompareTo(other.Value);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Value >> 32:X}/{Value & uint.MaxValue:X}");

    public static bool operator <(Lsn left, Lsn right) => left.Value < right.Value;

    public static bool operator >(Lsn left, Lsn right) => left.Value > right.Value;

    public static bool operator <=(Lsn left, Lsn right) => left.Value <= right.Value;

    public static bool operator >=(Lsn left, Lsn right) => left.Value >= right.Value;

    public static Lsn operator +(Lsn lsn, ulong bytes) => new(lsn.Value + bytes);

    /// <summary>The distance in bytes; <paramref name="left"/> must not be before <paramref name="right"/>.</summary>
    public static ulong operator -(Lsn left, Lsn right) => checked(left.Value - right.Value);
}
