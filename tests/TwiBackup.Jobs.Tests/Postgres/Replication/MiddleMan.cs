using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace TwiBackup.Tests.Postgres.Replication;

/// <summary>
/// Stands between a client and a real server: ends the client's TLS with a certificate of its own, begins one with the server, and passes
/// on what both say, with the server's wish for authentication changed. What the client says is written down.
/// </summary>
internal sealed class MiddleMan : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly MemoryStream heard = new();
    private readonly int server;
    private readonly Func<byte[], byte[]> change;
    private readonly bool refusesTls;
    private readonly X509Certificate2 certificate;
    private readonly Task serving;

    /// <param name="server">The real server's port.</param>
    /// <param name="change">Makes another authentication request (type, length, number, rest) of the server's.</param>
    /// <param name="refusesTls">Answers N to SSLRequest, and goes on in the clear.</param>
    public MiddleMan(int server, Func<byte[], byte[]> change, bool refusesTls = false)
    {
        (this.server, this.change, this.refusesTls) = (server, change, refusesTls);
        certificate = NewCertificate();
        listener.Start();
        serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>All that clients said within their TLS.</summary>
    public string Heard
    {
        get
        {
            lock (heard)
                return Encoding.Latin1.GetString(heard.ToArray());
        }
    }

    /// <summary>An authentication request with its number and what follows it.</summary>
    public static byte[] Request(int number, params ReadOnlySpan<byte> rest)
    {
        var message = new byte[9 + rest.Length];
        message[0] = (byte)'R';
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(1), message.Length - 1);
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(5), number);
        rest.CopyTo(message.AsSpan(9));
        return message;
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Stop();
        await serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        listener.Dispose();
        certificate.Dispose();
        stop.Dispose();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            using var client = await listener.AcceptTcpClientAsync(stop.Token);
            try
            {
                await BetweenAsync(client.GetStream());
            }
            catch (Exception e) when (e is IOException or AuthenticationException or EndOfStreamException)
            {
                // Either has had enough of it.
            }
        }
    }

    private async Task BetweenAsync(NetworkStream client)
    {
        var sslRequest = new byte[8];
        await client.ReadExactlyAsync(sslRequest, stop.Token);
        await client.WriteAsync(refusesTls ? "N"u8.ToArray() : "S"u8.ToArray(), stop.Token);
        Stream front = client;
        if (!refusesTls)
        {
            var tls = new SslStream(client);
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, stop.Token);
            front = tls;
        }

        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, server, stop.Token);
        var raw = socket.GetStream();
        await raw.WriteAsync(sslRequest, stop.Token);
        Assert.Equal('S', raw.ReadByte());
#pragma warning disable CA5359 // He does not care whom he robs.
        await using var back = new SslStream(raw, false, (_, _, _, _) => true);
#pragma warning restore CA5359
        await back.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost" }, stop.Token);
        await using (front)
            await Task.WhenAny(ToServerAsync(front, back), ToClientAsync(back, front)).Unwrap();
    }

    private async Task ToServerAsync(Stream client, Stream back)
    {
        var buffer = new byte[8192];
        int count;
        while ((count = await client.ReadAsync(buffer, stop.Token)) > 0)
        {
            lock (heard)
                heard.Write(buffer, 0, count);
            await back.WriteAsync(buffer.AsMemory(0, count), stop.Token);
        }
    }

    private async Task ToClientAsync(Stream back, Stream client)
    {
        var head = new byte[5];
        while (await back.ReadAtLeastAsync(head, 5, throwOnEndOfStream: false, stop.Token) == 5)
        {
            var message = new byte[1 + BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(1))];
            head.CopyTo(message, 0);
            await back.ReadExactlyAsync(message.AsMemory(5), stop.Token);
            await client.WriteAsync(head[0] == 'R' ? change(message) : message, stop.Token);
            await client.FlushAsync(stop.Token);
        }
    }

    /// <summary>For the name, by an authority of its own.</summary>
    private static X509Certificate2 NewCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
