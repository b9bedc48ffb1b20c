namespace TwiBackup.Wal;

/// <summary>Why a <see cref="WalSession"/> ended.</summary>
internal enum WalSessionEndKind
{
    /// <summary>We were told to stop.</summary>
    Stopped,

    /// <summary>The timeline ended; the next one is named.</summary>
    TimelineEnded,

    /// <summary>The server shut down cleanly.</summary>
    ServerEnded,

    /// <summary>The connection was closed by us, so as not to hold up a shutdown or because the store is out.</summary>
    GaveWay,
}
