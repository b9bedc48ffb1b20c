using System.Buffers.Binary;

namespace TwiBackup.Postgres.Replication;

/// <summary>A running START_REPLICATION. Read until <see cref="ReadAsync"/> says that the timeline ended or throws.</summary>
public sealed class WalStream
{
    private const int _dataHeader = 25, _keepaliveLength = 18;

    // Microseconds since 2000-01-01 UTC.
    private static readonly DateTimeOffset _epoch = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Commander _commander;
    private WalMessage? _end;
    private bool _copyDoneSent;

    private WalStream(Commander commander) => _commander = commander;

    /// <summary>
    /// How long WAL that comes in small pieces may gather before it is read. Beside many commits that saves most of the wake-ups, on this
    /// side and the server's; WAL that comes in bulk is read at once.
    /// </summary>
    public TimeSpan Gather { set => _commander.Wire.Gather = value; }

    /// <summary>
    /// The next message. The memory of WAL data is valid until the next call. Answers no keepalive by itself. After TimelineEnded it says
    /// so again. A read that was cancelled lost nothing: read again, or <see cref="StopAsync"/>.
    /// </summary>
    public async ValueTask<WalMessage> ReadAsync(CancellationToken cancellationToken)
    {
        while (_end is null)
        {
            var message = await _commander.NextAsync(ServerErrors.ToException, cancellationToken);
            switch ((char)message.Type)
            {
                case 'd':
                    return Parse(message.Body);
                // The timeline's end: the server waits for our CopyDone, then says where to go on.
                case 'c':
                    await SendCopyDoneAsync(cancellationToken);
                    _end = await ReadEndAsync(cancellationToken);
                    break;
                // Shutdown: the server has sent everything, says COPY 0 and goes.
                case 'C':
                    _end = new WalMessage(WalMessageKind.TimelineEnded, default, default, default, default, false, 0);
                    break;
                default:
                    throw BodyReader.Malformed();
            }
        }
        return _end.Value;
    }

    /// <summary>
    /// Standby status update ('r'). May be called while another task reads. Apply is always sent as 0/0 by our receivers.
    /// </summary>
    public Task SendStatusAsync(Lsn written, Lsn flushed, Lsn applied, bool replyRequested, CancellationToken cancellationToken)
    {
        var status = new byte[1 + 4 + 1 + 8 * 4 + 1];
        status[0] = (byte)'d';
        BinaryPrimitives.WriteInt32BigEndian(status.AsSpan(1), status.Length - 1);
        status[5] = (byte)'r';
        BinaryPrimitives.WriteUInt64BigEndian(status.AsSpan(6), written.Value);
        BinaryPrimitives.WriteUInt64BigEndian(status.AsSpan(14), flushed.Value);
        BinaryPrimitives.WriteUInt64BigEndian(status.AsSpan(22), applied.Value);
        BinaryPrimitives.WriteInt64BigEndian(
            status.AsSpan(30), (TimeProvider.System.GetUtcNow() - _epoch).Ticks / TimeSpan.TicksPerMicrosecond);
        status[38] = replyRequested ? (byte)1 : (byte)0;
        return _commander.Wire.SendAsync(status, cancellationToken);
    }

    /// <summary>
    /// Ends the stream by CopyDone from our side and reads the server's to its end, dropping the WAL that was on its way; the connection
    /// is usable afterwards. Nobody may be reading. Nothing happens when the timeline has ended.
    /// </summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_end is not null)
            return;
        await SendCopyDoneAsync(cancellationToken);
        WireMessage message;
        do
        {
            message = await _commander.NextAsync(ServerErrors.ToException, cancellationToken);
        }
        while (message.Type == (byte)'d');
        _end = message.Type == (byte)'c'
            ? await ReadEndAsync(cancellationToken)
            : new WalMessage(WalMessageKind.TimelineEnded, default, default, default, default, false, 0);
    }

    internal static async Task<WalStream> BeginAsync(Commander commander, CancellationToken cancellationToken)
    {
        var stream = new WalStream(commander);
        var message = await commander.NextAsync(ServerErrors.ToException, cancellationToken);
        if (message.Type == (byte)'W')
            return stream;
        // Nothing to send: the start is where an old timeline ends. The server goes straight to saying what follows.
        if (message.Type != (byte)'T')
            throw BodyReader.Malformed();
        stream._end = await stream.ReadEndAsync(cancellationToken);
        return stream;
    }

    private async Task SendCopyDoneAsync(CancellationToken cancellationToken)
    {
        if (_copyDoneSent)
            return;
        _copyDoneSent = true;
        await _commander.Wire.SendAsync(new WireBuilder('c').Build(), cancellationToken);
    }

    // A row with the next timeline and where it forked off; none when we stopped in the middle of a timeline.
    private async Task<WalMessage> ReadEndAsync(CancellationToken cancellationToken)
    {
        var rows = await _commander.ReadRowsAsync(static type => type == 'Z', cancellationToken);
        return rows.Count == 0
            ? new WalMessage(WalMessageKind.TimelineEnded, default, default, default, default, false, 0)
            : new WalMessage(
                WalMessageKind.TimelineEnded, Commander.ReadLsn(rows[0], 1), default, default, default, false,
                Commander.ReadTimeline(rows[0], 0));
    }

    private static WalMessage Parse(ReadOnlyMemory<byte> body)
    {
        var span = body.Span;
        if (span.Length >= _dataHeader && span[0] == (byte)'w')
        {
            return new WalMessage(
                WalMessageKind.Data, Position(span, 1), Position(span, 9), Time(span, 17), body[_dataHeader..],
                ReplyRequested: false, NextTimeline: 0);
        }
        if (span.Length >= _keepaliveLength && span[0] == (byte)'k')
            return new WalMessage(
                WalMessageKind.Keepalive, default, Position(span, 1), Time(span, 9), default, span[17] != 0, NextTimeline: 0);
        throw BodyReader.Malformed();
    }

    private static Lsn Position(ReadOnlySpan<byte> span, int at) => new(BinaryPrimitives.ReadUInt64BigEndian(span[at..]));

    private static DateTimeOffset Time(ReadOnlySpan<byte> span, int at)
    {
        var microseconds = BinaryPrimitives.ReadInt64BigEndian(span[at..]);
        var latest = (DateTimeOffset.MaxValue - _epoch).Ticks / TimeSpan.TicksPerMicrosecond;
        return microseconds >= 0 && microseconds <= latest ? _epoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond) : throw BodyReader.Malformed();
    }
}
