using System.Globalization;

namespace TwiBackup.Postgres;

/// <summary>
/// One WAL segment file of a timeline. Its name is 24 hexadecimal digits: timeline, then the segment number split at 4 GiB
/// (<see href="https://www.postgresql.org/docs/current/wal-internals.html">WAL internals</see>).
/// </summary>
/// <param name="Timeline">From 1.</param>
/// <param name="Number">The segment's number: its first LSN divided by <paramref name="Size"/>.</param>
/// <param name="Size">wal_segment_size in bytes: a power of two from 1 MiB to 1 GiB.</param>
public readonly record struct WalSegment(uint Timeline, ulong Number, int Size)
{
    private ulong PerLogId => 0x1_0000_0000UL / (ulong)Size;

    /// <summary>The LSN of the segment's first byte.</summary>
    public Lsn Start => new(Number * (ulong)Size);

    /// <summary>The LSN just behind the segment's last byte.</summary>
    public Lsn End => new((Number + 1) * (ulong)Size);

    /// <summary>The file name, e.g. <c>000000010000000A000000FE</c>.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"{Timeline:X8}{Number / PerLogId:X8}{Number % PerLogId:X8}");

    /// <summary>The segment behind this one on the same timeline.</summary>
    public WalSegment Next => this with { Number = Number + 1 };

    /// <summary>The segment that holds the byte at <paramref name="lsn"/>.</summary>
    public static WalSegment Containing(Lsn lsn, uint timeline, int size) => new(timeline, lsn.Value / (ulong)size, size);

    /// <summary>Reads a 24-digit upper-case file name.</summary>
    public static bool TryParse(string? name, int size, out WalSegment segment)
    {
        segment = default;
        if (name is not { Length: 24 } || !name.All(c => c is (>= '0' and <= '9') or (>= 'A' and <= 'F')))
            return false;
        var timeline = uint.Parse(name.AsSpan(0, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        ulong log = uint.Parse(name.AsSpan(8, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        ulong rest = uint.Parse(name.AsSpan(16, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        var perLog = 0x1_0000_0000UL / (ulong)size;
        if (timeline == 0 || rest >= perLog)
            return false;
        segment = new WalSegment(timeline, log * perLog + rest, size);
        return true;
    }

    public override string ToString() => Name;
}
