namespace TwiBackup.Wal;

/// <summary>What a receiver tells its owner to alert about.</summary>
public enum WalEventKind
{
    /// <summary>The server is another cluster than those in the store: a new chain begins, a new full is needed.</summary>
    NewCluster,

    /// <summary>The slot was made now: WAL before it is not in the store, a new full is needed.</summary>
    ChainBegins,

    /// <summary>WAL is missing between what the store holds and where the receiver could begin: a new full is needed.</summary>
    Gap,

    /// <summary>A segment or history is in the store with another content; both are kept.</summary>
    Conflict,

    /// <summary>The store does not take WAL; the server keeps it.</summary>
    StoreOutage,

    /// <summary>The store takes WAL again.</summary>
    StoreBack,

    /// <summary>The server can't be reached.</summary>
    ServerOutage,

    /// <summary>The connection was closed so that the server's shutdown is not held up.</summary>
    ShutdownNotHeldUp,

    /// <summary>Another receiver holds the slot.</summary>
    SlotBusy,

    /// <summary>The slot lost its WAL: a new full is needed.</summary>
    SlotLost,

    /// <summary>synchronous_standby_names has come to take the receiver for a standby: commits wait for the store.</summary>
    Synchronous,
}
