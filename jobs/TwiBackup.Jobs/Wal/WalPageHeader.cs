using System.Buffers.Binary;
using TwiBackup.Postgres;

namespace TwiBackup.Wal;

/// <summary>
/// The long header of a segment's first page (<c>XLogLongPageHeaderData</c> in PostgreSQL's <c>access/xlog_internal.h</c>),
/// little endian as on every platform that we run on.
/// </summary>
/// <param name="Magic">Differs with each major version.</param>
/// <param name="Timeline">Of the page; older than the file's where a timeline began in the middle of the segment.</param>
/// <param name="PageAddress">LSN of the page.</param>
/// <param name="SystemIdentifier">The cluster.</param>
/// <param name="SegmentSize">wal_segment_size in bytes.</param>
public readonly record struct WalPageHeader(ushort Magic, uint Timeline, Lsn PageAddress, ulong SystemIdentifier, int SegmentSize)
{
    /// <summary>Bytes of the header.</summary>
    public const int Length = 40;

    private const ushort LongHeader = 0x0002;

    /// <summary>The major version by its magic, or 0 when it is one that this program does not know.</summary>
    public int PgMajor => Magic switch
    {
        0xD106 => 13,
        0xD10D => 14,
        0xD110 => 15,
        0xD113 => 16,
        0xD116 => 17,
        0xD118 => 18,
        _ => 0,
    };

    /// <summary>Reads it and compares it with the file's name and length. Throws one line when the file is not what it is called.</summary>
    public static WalPageHeader Read(ReadOnlySpan<byte> page, string name, long length)
    {
        if (page.Length < Length)
            throw Wrong(name, $"has {length} bytes");
        var header = new WalPageHeader(
            BinaryPrimitives.ReadUInt16LittleEndian(page),
            BinaryPrimitives.ReadUInt32LittleEndian(page[4..]),
            new Lsn(BinaryPrimitives.ReadUInt64LittleEndian(page[8..])),
            BinaryPrimitives.ReadUInt64LittleEndian(page[24..]),
            (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(page[32..]), int.MaxValue));
        if ((header.Magic & 0xFF00) != 0xD100 || (BinaryPrimitives.ReadUInt16LittleEndian(page[2..]) & LongHeader) == 0)
            throw Wrong(name, "does not begin with the header of a WAL segment");
        if (!WalLayout.IsSegmentSize(header.SegmentSize) || header.SegmentSize != length)
            throw Wrong(name, $"has {length} bytes where its header says {header.SegmentSize}");
        if (!WalSegment.TryParse(name, header.SegmentSize, out var segment) || segment.Start != header.PageAddress)
            throw Wrong(name, $"holds WAL of {header.PageAddress}");
        if (header.Timeline == 0 || header.Timeline > segment.Timeline)
            throw Wrong(name, $"holds WAL of timeline {header.Timeline}");
        return header;
    }

    private static TwiBackupException Wrong(string name, string what) =>
        new($"{name} {what}; it is not stored. Compare it with the server's pg_wal.");
}
