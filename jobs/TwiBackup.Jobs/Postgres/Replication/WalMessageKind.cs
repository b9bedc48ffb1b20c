namespace TwiBackup.Postgres.Replication;

/// <summary>Kinds of <see cref="WalMessage"/>.</summary>
public enum WalMessageKind
{
    Data,
    Keepalive,

    /// <summary>CopyDone from the server: the timeline ended (a switch point was reached) or the server shut down cleanly.</summary>
    TimelineEnded,
}
