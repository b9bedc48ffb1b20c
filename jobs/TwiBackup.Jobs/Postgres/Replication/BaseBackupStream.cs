using System.Globalization;

namespace TwiBackup.Postgres.Replication;

/// <summary>
/// A running BASE_BACKUP (with WAIT false, without WAL, page checksums verified by the server). Read events until End; after it the
/// connection takes the next command. To give up before, dispose the connection.
/// Servers from 15 on send one COPY of tagged messages, 13 and 14 a COPY an archive
/// (<see href="https://www.postgresql.org/docs/current/protocol-replication.html#PROTOCOL-REPLICATION-BASE-BACKUP">55.4</see>); the events
/// are the same.
/// </summary>
public sealed class BaseBackupStream
{
    // Two empty blocks end a tar file; servers before 15 leave them to the client.
    private static readonly byte[] _tarEnd = new byte[1024];

    private readonly Commander _commander;
    private readonly Func<ServerReport, TwiBackupException> _error;
    private readonly bool _oneStream;
    private readonly int _archives;
    private int _archivesSeen;
    private bool _inManifest;
    private bool _ended;
    private Lsn _stopLsn;
    private uint _stopTimeline;

    private BaseBackupStream(Commander commander, bool oneStream, byte[]?[] start, List<byte[]?[]> tablespaces)
    {
        _commander = commander;
        _error = report => ServerErrors.InBaseBackup(report, commander.Session.Notices);
        _oneStream = oneStream;
        _archives = tablespaces.Count;
        StartLsn = Commander.ReadLsn(start, 0);
        Timeline = Commander.ReadTimeline(start, 1);
        Tablespaces = tablespaces.Where(row => Commander.Text(row, 0) is not null).Select(row => $"{Commander.Text(row, 0)} "
            + $"{Commander.Text(row, 1)}").ToList();
        EstimatedBytes = tablespaces.Sum(
            row => long.TryParse(Commander.Text(row, 2), CultureInfo.InvariantCulture, out var kilobytes) ? kilobytes * 1024 : 0);
    }

    public Lsn StartLsn { get; }

    public uint Timeline { get; }

    /// <summary>OIDs and locations of tablespaces other than the default one; not empty means that this backup is to be refused.</summary>
    public IReadOnlyList<string> Tablespaces { get; }

    /// <summary>The server's estimate of the whole size in bytes, or 0.</summary>
    public long EstimatedBytes { get; }

    /// <summary>What the server warned of; see <see cref="ReplicationConnection.Notices"/>.</summary>
    public IReadOnlyList<string> Notices => _commander.Session.Notices;

    /// <summary>
    /// The next event; its memory is valid until the next call. With ArchiveStart it is the archive's name in UTF-8 (<c>base.tar</c>).
    /// Throws <see cref="TwiBackupException"/> that names the files when page checksums are wrong, which the server says at the very end.
    /// </summary>
    public async ValueTask<BaseBackupEvent> ReadAsync(CancellationToken cancellationToken)
    {
        while (!_ended)
        {
            var message = await _commander.NextAsync(_error, cancellationToken);
            switch ((char)message.Type)
            {
                case 'd':
                    if (Data(message.Body) is { } data)
                        return data;
                    break;
                case 'H' when !_oneStream:
                    _inManifest = _archivesSeen++ == _archives;
                    return new BaseBackupEvent(
                        _inManifest ? BaseBackupEventKind.ManifestStart : BaseBackupEventKind.ArchiveStart, default, default, 0);
                case 'c' when !_oneStream && !_inManifest:
                    return new BaseBackupEvent(BaseBackupEventKind.Data, _tarEnd, default, 0);
                case 'D':
                    var row = Commander.ReadRow(message.Body.Span);
                    _stopLsn = Commander.ReadLsn(row, 0);
                    _stopTimeline = Commander.ReadTimeline(row, 1);
                    break;
                case 'Z':
                    _ended = true;
                    break;
                case 'H' or 'c' or 'T' or 'C':
                    break;
                default:
                    throw BodyReader.Malformed();
            }
        }
        return _stopTimeline == 0
            ? throw BodyReader.Malformed()
            : new BaseBackupEvent(BaseBackupEventKind.End, default, _stopLsn, _stopTimeline);
    }

    internal static async Task<BaseBackupStream> BeginAsync(Commander commander, bool oneStream, CancellationToken cancellationToken)
    {
        var start = await commander.ReadRowsAsync(static type => type == 'C', cancellationToken);
        var tablespaces = await commander.ReadRowsAsync(static type => type == 'C', cancellationToken);
        return start.Count == 1 ? new BaseBackupStream(commander, oneStream, start[0], tablespaces) : throw BodyReader.Malformed();
    }

    private BaseBackupEvent? Data(ReadOnlyMemory<byte> body)
    {
        if (!_oneStream)
            return new BaseBackupEvent(_inManifest ? BaseBackupEventKind.ManifestData : BaseBackupEventKind.Data, body, default, 0);
        var rest = body.Length > 0 ? body[1..] : throw BodyReader.Malformed();
        switch ((char)body.Span[0])
        {
            case 'd':
                return new BaseBackupEvent(_inManifest ? BaseBackupEventKind.ManifestData : BaseBackupEventKind.Data, rest, default, 0);
            case 'n':
                _inManifest = false;
                var end = rest.Span.IndexOf((byte)0);
                var name = end < 0 ? throw BodyReader.Malformed() : rest[..end];
                return new BaseBackupEvent(BaseBackupEventKind.ArchiveStart, name, default, 0);
            case 'm':
                _inManifest = true;
                return new BaseBackupEvent(BaseBackupEventKind.ManifestStart, default, default, 0);
            // Progress: what we have read says as much.
            case 'p':
                return null;
            default:
                throw BodyReader.Malformed();
        }
    }
}
