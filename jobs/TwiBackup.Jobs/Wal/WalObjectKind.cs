namespace TwiBackup.Wal;

/// <summary>What an object below a cluster's WAL prefix is.</summary>
public enum WalObjectKind
{
    /// <summary>A timeline history file; the object that claims the timeline's number.</summary>
    History,

    /// <summary>
    /// The same history file under a name with its hash, so that a writer sees whose history the number was claimed with.
    /// </summary>
    HistoryCopy,

    /// <summary>A whole segment.</summary>
    Segment,

    /// <summary>Bytes of the segment being written.</summary>
    Tail,

    /// <summary>The last, incomplete segment of an ended timeline, as archive_command gets it.</summary>
    Partial,

    /// <summary>A backup history file, as archive_command gets it.</summary>
    BackupLabel,

    /// <summary>Server time and LSN up to which the store is complete, written when the server is idle.</summary>
    Mark,

    /// <summary>A named restore point.</summary>
    Point,

    /// <summary>The cluster's facts; its name carries wal_segment_size.</summary>
    Cluster,
}
