using System.Text;

namespace TwiBackup.Postgres.Replication;

/// <summary>Sends commands and reads answers; keeps the connection usable after an error, by reading on until the server is
/// ready.</summary>
internal sealed class Commander(Wire wire, Session session)
{
    private const int _mostNotices = 1000;

    public Wire Wire => wire;

    public Session Session => session;

    /// <summary>Sends a command whose answer is read by <see cref="NextAsync"/>.</summary>
    public Task StartAsync(string command, CancellationToken cancellationToken) =>
        wire.SendAsync(new WireBuilder('Q').Text(command).Build(), cancellationToken);

    /// <summary>
    /// The next message that is not a notice, a parameter status or a notification. An error of the server is thrown by
    /// <paramref name="error"/> once the server is ready again, so that the next command can follow.
    /// </summary>
    public async ValueTask<WireMessage> NextAsync(Func<ServerReport, TwiBackupException> error, CancellationToken cancellationToken)
    {
        while (true)
        {
            var message = await wire.Reader.ReadAsync(cancellationToken);
            switch ((char)message.Type)
            {
                case 'E':
                    var report = ServerReport.Read(message.Body.Span);
                    if (!report.IsFatal)
                        await SkipUntilReadyAsync(cancellationToken);
                    throw error(report);
                case 'N':
                    if (session.Notices.Count < _mostNotices)
                        session.Notices.Add(ServerReport.Read(message.Body.Span).Message);
                    break;
                case 'S':
                    Startup.ReadParameter(message.Body.Span, session);
                    break;
                case 'A':
                    break;
                default:
                    return message;
            }
        }
    }

    /// <summary>Runs a command to its end; the rows of all its result sets.</summary>
    public async Task<List<byte[]?[]>> QueryAsync(string command, CancellationToken cancellationToken)
    {
        await StartAsync(command, cancellationToken);
        return await ReadRowsAsync(static type => type == 'Z', cancellationToken);
    }

    /// <summary>Rows until a message of a type that <paramref name="isEnd"/> names.</summary>
    public async Task<List<byte[]?[]>> ReadRowsAsync(Func<char, bool> isEnd, CancellationToken cancellationToken)
    {
        var rows = new List<byte[]?[]>();
        while (true)
        {
            var message = await NextAsync(ServerErrors.ToException, cancellationToken);
            if (message.Type == (byte)'D')
                rows.Add(ReadRow(message.Body.Span));
            if (isEnd((char)message.Type))
                return rows;
            if ((char)message.Type is not ('T' or 'D' or 'C' or 'I'))
                throw BodyReader.Malformed();
        }
    }

    public static byte[]?[] ReadRow(ReadOnlySpan<byte> body)
    {
        var reader = new BodyReader(body);
        var row = new byte[]?[reader.Int16()];
        for (var i = 0; i < row.Length; i++)
        {
            var length = reader.Int32();
            row[i] = length < 0 ? null : reader.Take(length).ToArray();
        }
        return row;
    }

    public static string? Text(byte[]?[] row, int column) =>
        column >= row.Length ? throw BodyReader.Malformed() : row[column] is { } value ? Encoding.UTF8.GetString(value) : null;

    public static Lsn ReadLsn(byte[]?[] row, int column) =>
        Lsn.TryParse(Text(row, column), out var lsn) ? lsn : throw BodyReader.Malformed();

    public static uint ReadTimeline(byte[]?[] row, int column) =>
        uint.TryParse(Text(row, column), out var timeline) ? timeline : throw BodyReader.Malformed();

    private async Task SkipUntilReadyAsync(CancellationToken cancellationToken)
    {
        while ((await wire.Reader.ReadAsync(cancellationToken)).Type != (byte)'Z')
        {
        }
    }
}
