namespace TwiBackup.Postgres.Replication;

/// <summary>What a walsender sends.</summary>
/// <param name="Kind">Which of the fields below mean something.</param>
/// <param name="Start">Data: LSN of the first byte.</param>
/// <param name="ServerEnd">Data and Keepalive: the server's current end of WAL.</param>
/// <param name="ServerTime">Data and Keepalive: the server's clock when it sent this.</param>
/// <param name="Data">Data: WAL bytes, valid until the next read.</param>
/// <param name="ReplyRequested">Keepalive: the server wants a status update at once.</param>
/// <param name="NextTimeline">TimelineEnded: the timeline to continue on, from <paramref name="Start"/>; 0 when the server only shut
/// down.</param>
public readonly record struct WalMessage(
    WalMessageKind Kind,
    Lsn Start,
    Lsn ServerEnd,
    DateTimeOffset ServerTime,
    ReadOnlyMemory<byte> Data,
    bool ReplyRequested,
    uint NextTimeline);
