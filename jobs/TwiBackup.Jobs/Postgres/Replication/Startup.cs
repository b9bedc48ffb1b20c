namespace TwiBackup.Postgres.Replication;

/// <summary>The startup packet, authentication, and what follows until the server is ready
/// (<see href="https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-START-UP">55.2.1</see>).</summary>
internal static class Startup
{
    private const int _protocolVersion = 3 << 16;

    public static async Task<Session> RunAsync(Wire wire, CancellationToken cancellationToken)
    {
        var settings = wire.Settings;
        var startup = new WireBuilder('\0')
            .Int32(_protocolVersion)
            .Text("user").Text(settings.User)
            .Text("replication").Text("true")
            .Text("application_name").Text(settings.ApplicationName)
            .Text("client_encoding").Text("UTF8")
            .Byte(0);
        await wire.SendAsync(startup.Build(), cancellationToken);

        var session = new Session();
        var authentication = new Authentication(wire);
        while (true)
        {
            var message = await wire.Reader.ReadAsync(cancellationToken);
            switch ((char)message.Type)
            {
                case 'R':
                    await authentication.AnswerAsync(message.Body, cancellationToken);
                    break;
                case 'E':
                    throw ServerErrors.AtStartup(ServerReport.Read(message.Body.Span), settings);
                case 'N':
                    session.Notices.Add(ServerReport.Read(message.Body.Span).Message);
                    break;
                case 'S':
                    ReadParameter(message.Body.Span, session);
                    break;
                case 'K':
                    session.BackendProcessId = new BodyReader(message.Body.Span).Int32();
                    break;
                // NegotiateProtocolVersion: we ask for 3.0 and no options, so there is nothing to give up.
                case 'v':
                    break;
                case 'Z':
                    authentication.ThrowIfIncomplete();
                    return session;
                default:
                    throw BodyReader.Malformed();
            }
        }
    }

    public static void ReadParameter(ReadOnlySpan<byte> body, Session session)
    {
        var reader = new BodyReader(body);
        var name = reader.Text();
        session.Parameters[name] = reader.Text();
    }
}
