using TwiBackup.Postgres;

namespace TwiBackup.Wal;

/// <summary>What an object's key says about it. Only the fields of its kind are set.</summary>
public sealed record WalObject(WalObjectKind Kind)
{
    /// <summary>From 1; 0 for points and cluster facts.</summary>
    public uint Timeline { get; init; }

    /// <summary>Segment, tail, partial, backup label: the segment's 24 digits.</summary>
    public string Segment { get; init; } = "";

    /// <summary>The first 32 digits of the keyed hash of the plaintext.</summary>
    public string Hash { get; init; } = "";

    /// <summary>Tail: offset of its first byte within the segment.</summary>
    public long Start { get; init; }

    /// <summary>Tail: offset behind its last byte within the segment.</summary>
    public long End { get; init; }

    /// <summary>Backup label: the offset in its file name.</summary>
    public uint Offset { get; init; }

    /// <summary>Mark: the server's time and the LSN, as the name says them; proven only once the object was opened.</summary>
    public WalMark? Mark { get; init; }

    /// <summary>Point: its name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Cluster: wal_segment_size in bytes.</summary>
    public int SegmentSize { get; init; }
}
