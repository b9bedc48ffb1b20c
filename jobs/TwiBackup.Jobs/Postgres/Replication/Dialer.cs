using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;

namespace TwiBackup.Postgres.Replication;

/// <summary>
/// Opens authenticated connections: every address of the host in turn, with and without TLS as
/// <see href="https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION">sslmode</see> says.
/// </summary>
internal static class Dialer
{
    // A peer that is gone is noticed after 30 + 3 × 10 seconds.
    private const int _keepAliveSeconds = 30, _keepAliveIntervalSeconds = 10, _keepAliveProbes = 3;

    public static async Task<(Wire Wire, Session Session)> OpenAsync(ConnectionSettings settings, CancellationToken cancellationToken)
    {
        var attempts = settings.IsUnixSocket
            ? [TlsUse.Never]
            : settings.SslMode switch
            {
                "disable" => [TlsUse.Never],
                "allow" => [TlsUse.Never, TlsUse.Required],
                "prefer" => [TlsUse.IfOffered, TlsUse.Never],
                "require" or "verify-ca" or "verify-full" => (TlsUse[])[TlsUse.Required],
                _ => throw new TwiBackupException(ExitCode.WrongUse, $"sslmode is \"{settings.SslMode}\". Write disable, allow, prefer, "
                    + $"require, verify-ca or verify-full."),
            };
        for (var i = 0; ; i++)
        {
            try
            {
                return await OpenAsync(settings, attempts[i], cancellationToken);
            }
            catch (TwiBackupException e) when (i + 1 < attempts.Length && OtherWayMayDo(e))
            {
                // The next attempt's error is the one to tell.
            }
        }
    }

    private static bool OtherWayMayDo(TwiBackupException error) =>
        error.InnerException is AuthenticationException or PostgresErrorException { SqlState: ServerErrors.NotAuthorised };

    private static async Task<(Wire Wire, Session Session)> OpenAsync(
        ConnectionSettings settings, TlsUse tls, CancellationToken cancellationToken)
    {
        var endPoints = await EndPointsAsync(settings, cancellationToken);
        for (var i = 0; ; i++)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(settings.ConnectTimeout);
            try
            {
                return await OpenAsync(settings, endPoints[i], tls, limit.Token);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                if (i + 1 == endPoints.Length)
                    throw Unreachable(settings, e);
            }
        }
    }

    private static async Task<(Wire Wire, Session Session)> OpenAsync(
        ConnectionSettings settings, EndPoint endPoint, TlsUse tls, CancellationToken cancellationToken)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        SocketStream? stream = null;
        Wire? wire = null;
        try
        {
            if (endPoint is IPEndPoint)
                SetKeepAlive(socket);
            await ConnectAsync(socket, endPoint, cancellationToken);
            stream = new SocketStream(socket);
            var secured = tls == TlsUse.Never
                ? null
                : await TlsHandshake.StartAsync(stream, settings, tls == TlsUse.Required, cancellationToken);
            wire = new Wire(stream, secured?.Stream ?? stream, secured?.ServerCertificate, settings);
            return (wire, await Startup.RunAsync(wire, cancellationToken));
        }
        catch
        {
            if (wire is not null)
                await wire.DisposeAsync();
            else if (stream is not null)
                await stream.DisposeAsync();
            socket.Dispose();
            throw;
        }
    }

    // A blocking connect on a thread of its own: ConnectAsync would enter the socket into the runtime's poll for good, which then wakes at
    // every
    // piece that SocketStream receives by itself. Disposing ends a connect that is under way.
    private static async Task ConnectAsync(Socket socket, EndPoint endPoint, CancellationToken cancellationToken)
    {
        await using var cancelling = cancellationToken.UnsafeRegister(static socket => ((Socket)socket!).Dispose(), socket);
        try
        {
            await Task.Factory.StartNew(
                () => socket.Connect(endPoint), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw;
        }
    }

    private static async Task<EndPoint[]> EndPointsAsync(ConnectionSettings settings, CancellationToken cancellationToken)
    {
        if (settings.IsUnixSocket)
        {
            return settings.Host.StartsWith('@')
                ? [new UnixDomainSocketEndPoint("\0" + settings.UnixSocketPath[1..])]
                : [new UnixDomainSocketEndPoint(settings.UnixSocketPath)];
        }
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(settings.HostAddress ?? settings.Host, cancellationToken);
            return Array.ConvertAll<IPAddress, EndPoint>(addresses, address => new IPEndPoint(address, settings.Port));
        }
        catch (SocketException e)
        {
            throw new TwiBackupException($"The host name {settings.Host} has no address ({e.Message}). Correct it, or the name service "
                + $"of this machine.", e);
        }
    }

    private static void SetKeepAlive(Socket socket)
    {
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, _keepAliveSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, _keepAliveIntervalSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, _keepAliveProbes);
    }

    private static TwiBackupException Unreachable(ConnectionSettings settings, Exception cause)
    {
        var where = settings.IsUnixSocket ? settings.UnixSocketPath : $"{settings.Host}:{settings.Port}";
        return cause switch
        {
            OperationCanceledException => new TwiBackupException(
                $"PostgreSQL at {where} did not answer within {settings.ConnectTimeout.TotalSeconds:0.#} s. Check host, port and "
                    + $"firewall, or raise connect_timeout.", cause),
            SocketException
            {
                SocketErrorCode: SocketError.ConnectionRefused or SocketError.AddressNotAvailable or SocketError.ConnectionReset,
            } => new TwiBackupException(
                $"No PostgreSQL server listens on {where}. Start it, or correct host and port (and listen_addresses on the "
                    + $"server).", cause),
            _ => new TwiBackupException($"PostgreSQL at {where} cannot be reached: {cause.Message}. Check host, port and that the "
                + $"server runs.", cause),
        };
    }
}
