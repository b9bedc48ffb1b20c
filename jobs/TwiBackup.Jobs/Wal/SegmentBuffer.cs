using TwiBackup.Postgres;
using TwiBackup.Sealing;

namespace TwiBackup.Wal;

/// <summary>
/// Memory for a segment, or a piece of a large one. The reader appends behind <see cref="Length"/> while others read before it.
/// All but <see cref="Memory"/> is guarded by the pipeline's lock.
/// </summary>
internal sealed class SegmentBuffer(int capacity)
{
    private const int MostKept = 16 << 20;

    /// <summary>Not cleared: nothing behind <see cref="Length"/> is read.</summary>
    public byte[] Memory { get; } = GC.AllocateUninitializedArray<byte>(capacity, pinned: true);

    /// <summary>The segment that this is (a piece of).</summary>
    public WalSegment Segment { get; private set; }

    /// <summary>Offset of the first byte within the segment.</summary>
    public long Offset { get; private set; }

    public int Length { get; set; }

    /// <summary>Bytes from the beginning that are durable as tails.</summary>
    public int TailDurable { get; set; }

    /// <summary>Frames that tails were stored as, for the whole segment, in order and not of everything.</summary>
    public List<PackedFrame> Frames { get; } = [];

    /// <summary>Handed over, because it is full.</summary>
    public bool IsFull { get; set; }

    /// <summary>Wholly durable.</summary>
    public bool IsDone { get; set; }

    /// <summary>The newest proven mark when it became full.</summary>
    public WalMark? Mark { get; set; }

    /// <summary>Who still reads it; it goes back to the pool at 0.</summary>
    public int Users { get; set; }

    public Lsn Start => Segment.Start + (ulong)Offset;

    /// <summary>Remembers the frame of a tail that begins at <paramref name="from"/>, within bounds.</summary>
    public void Keep(PackedFrame frame, int from)
    {
        if (Frames.Sum(f => f.Bytes.Length) + frame.Bytes.Length <= MostKept)
            Frames.Add(frame with { Start = from });
    }

    public void Reset(WalSegment segment, long offset)
    {
        (Segment, Offset, Length, TailDurable, IsFull, IsDone, Mark, Users) = (segment, offset, 0, 0, false, false, null, 1);
        Frames.Clear();
    }
}
