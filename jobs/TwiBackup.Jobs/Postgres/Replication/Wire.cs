using System.Security.Cryptography.X509Certificates;

namespace TwiBackup.Postgres.Replication;

/// <summary>An open connection below the level of commands: messages in, bytes out. Sending is serialised, and may run beside a
/// read.</summary>
/// <param name="socket">What lies below.</param>
/// <param name="stream">The socket itself, or TLS over it.</param>
/// <param name="serverCertificate">With TLS.</param>
/// <param name="settings">For messages.</param>
internal sealed class Wire(SocketStream socket, Stream stream, X509Certificate2? serverCertificate, ConnectionSettings settings) : IAsyncDisposable
{
    private readonly SemaphoreSlim _sending = new(1, 1);

    /// <summary>How long what the server sends piecemeal may gather before it is read; see <see cref="SocketStream.Gather"/>.</summary>
    public TimeSpan Gather { set => socket.Gather = value; }

    public ConnectionSettings Settings { get; } = settings;

    public WireReader Reader { get; } = new(stream, settings.ToString());

    /// <summary>The server's certificate; null without TLS.</summary>
    public X509Certificate2? ServerCertificate { get; } = serverCertificate;

    /// <summary>Whether the server has proven to be one that an authority of ours knows: with one named, no other is let through.</summary>
    public bool IsServerVerified => ServerCertificate is not null && Settings.SslRootCert is not null;

    public async Task SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            await stream.WriteAsync(message, cancellationToken);
            await stream.FlushAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            throw new TwiBackupException($"The connection to PostgreSQL at {Settings} was lost while sending. Look into the server's "
                + $"log, and try again.", e);
        }
        finally
        {
            _sending.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync();
        ServerCertificate?.Dispose();
    }
}
