using System.Buffers.Binary;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TwiBackup.Postgres.Replication;

/// <summary>
/// SSLRequest and the TLS handshake behind it
/// (<see href="https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL">55.2.10</see>),
/// with what sslmode demands of the server's certificate.
/// </summary>
internal static class TlsHandshake
{
    private const int _sslRequest = 80877103;
    private const string _serverAuthentication = "1.3.6.1.5.5.7.3.1";
    private const UnixFileMode _anyOther = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
    private const UnixFileMode _anyGroup = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute;

    /// <summary>Null when the server offers no TLS and it is not required. <paramref name="stream"/> is owned by the stream
    /// returned.</summary>
    public static async Task<(Stream Stream, X509Certificate2 ServerCertificate)?> StartAsync(
        Stream stream, ConnectionSettings settings, bool required, CancellationToken cancellationToken)
    {
        var request = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(request, request.Length);
        BinaryPrimitives.WriteInt32BigEndian(request.AsSpan(4), _sslRequest);
        var where = $"{settings.Host}:{settings.Port}";
        // One byte and no more: whatever was slipped in behind it in the clear must end up in the handshake and fail there.
        var answer = new byte[1];
        try
        {
            await stream.WriteAsync(request, cancellationToken);
            await stream.ReadExactlyAsync(answer, cancellationToken);
        }
        catch (IOException e)
        {
            throw new TwiBackupException($"PostgreSQL at {where} closed the connection at once. Check that a PostgreSQL server listens "
                + $"there, and its log.", e);
        }
        if (answer[0] == (byte)'N' && !required)
            return null;
        if (answer[0] == (byte)'N')
            throw new TwiBackupException($"PostgreSQL at {where} offers no TLS and sslmode={settings.SslMode} demands it. Set ssl = on "
                + $"there (with ssl_cert_file and ssl_key_file).");
        if (answer[0] != (byte)'S')
            throw new TwiBackupException($"What listens on {where} does not answer as PostgreSQL does. Check host and port.");
        return await SecureAsync(stream, settings, where, cancellationToken);
    }

    private static async Task<(Stream Stream, X509Certificate2 ServerCertificate)> SecureAsync(
        Stream stream, ConnectionSettings settings, string where, CancellationToken cancellationToken)
    {
        var roots = LoadRoots(settings);
        var client = LoadClient(settings);
        string? refusal = null;
        var tls = new SslStream(stream, leaveInnerStreamOpen: false);
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = settings.Host,
                    EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                    ClientCertificateContext = client,
                    CertificateChainPolicy = new X509ChainPolicy
                    {
                        DisableCertificateDownloads = true,
                        RevocationMode = X509RevocationMode.NoCheck,
                    },
                    RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
                        (refusal = Refusal(certificate as X509Certificate2, chain, settings, roots)) is null,
                },
                cancellationToken);
            return (tls, new X509Certificate2(tls.RemoteCertificate!));
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            await tls.DisposeAsync();
            throw new TwiBackupException(
                refusal is not null
                    ? $"The certificate of PostgreSQL at {where} is refused: {refusal}"
                    : $"TLS with PostgreSQL at {where} failed: {Deepest(e).TrimEnd('.')}. Check the server's certificate and log, and "
                        + $"whether it asks for a client certificate (sslcert, sslkey).",
                e as AuthenticationException ?? new AuthenticationException("The TLS handshake was cut off.", e));
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }

    // libpq: require without sslrootcert takes any certificate; with one it means verify-ca.
    private static string? Refusal(
        X509Certificate2? certificate, X509Chain? sent, ConnectionSettings settings, X509Certificate2Collection? roots)
    {
        if (certificate is null)
            return "it sent none.";
        var system = settings.SslRootCert == "system";
        if (roots is null && !system)
            return null;
        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(_serverAuthentication));
        foreach (var element in sent?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        if (roots is not null)
        {
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(roots);
        }
        if (!chain.Build(certificate))
        {
            var why = chain.ChainStatus
                .Select(status => status.StatusInformation.Trim().TrimEnd('.'))
                .Where(text => text.Length > 0)
                .Distinct();
            return $"{string.Join(", ", why)}. Name the file of the authority that signed it in sslrootcert, or renew it.";
        }
        return settings.SslMode == "verify-full" && !certificate.MatchesHostname(settings.Host)
            ? $"it is not for the name {settings.Host} but for {Names(certificate)}. Connect by a name that it holds, or issue one for "
                + $"this name."
            : null;
    }

    private static string Names(X509Certificate2 certificate)
    {
        var alternative = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        var names = alternative?.EnumerateDnsNames()
            .Concat(alternative.EnumerateIPAddresses().Select(address => address.ToString()))
            .ToList();
        return names is { Count: > 0 } ? string.Join(", ", names) : certificate.GetNameInfo(X509NameType.DnsName, forIssuer: false);
    }

    private static X509Certificate2Collection? LoadRoots(ConnectionSettings settings)
    {
        var verify = settings.SslMode is "verify-ca" or "verify-full";
        if (settings.SslRootCert == "system")
        {
            return settings.SslMode == "verify-full"
                ? null
                : throw new TwiBackupException(ExitCode.WrongUse, $"sslrootcert=system with sslmode={settings.SslMode} trusts every "
                    + $"public certificate. Set sslmode=verify-full.");
        }
        if (settings.SslRootCert is null)
        {
            return !verify
                ? null
                : throw new TwiBackupException(ExitCode.WrongUse, $"sslmode={settings.SslMode} needs the authority to trust. Name its "
                    + $"PEM file in sslrootcert, or set sslrootcert=system.");
        }
        var roots = new X509Certificate2Collection();
        try
        {
            roots.ImportFromPemFile(settings.SslRootCert);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new TwiBackupException(ExitCode.WrongUse, $"The file of trusted authorities {settings.SslRootCert} cannot be read. "
                + $"Name a readable PEM file in sslrootcert.", e);
        }
        return roots.Count > 0
            ? roots
            : throw new TwiBackupException(ExitCode.WrongUse, $"The file {settings.SslRootCert} holds no certificate. Name a PEM file "
                + $"in sslrootcert.");
    }

    private static SslStreamCertificateContext? LoadClient(ConnectionSettings settings)
    {
        if (settings.SslCert is null)
            return null;
        var key = settings.SslKey
            ?? throw new TwiBackupException(ExitCode.WrongUse, $"There is a client certificate {settings.SslCert} but no key. Name it "
                + $"in sslkey.");
        try
        {
            var mode = File.GetUnixFileMode(key);
            if ((mode & _anyOther) != 0 || (mode & _anyGroup & ~UnixFileMode.GroupRead) != 0)
                throw new TwiBackupException(ExitCode.WrongUse, $"The key {key} may be read by others, so it is not used. Run: chmod "
                    + $"0600 {key}");
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(settings.SslCert);
            return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPemFile(settings.SslCert, key), chain, offline: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new TwiBackupException(ExitCode.WrongUse, $"The client certificate {settings.SslCert} with its key {key} cannot be "
                + $"used. Both must be PEM files, the key without a passphrase.", e);
        }
    }

    private static string Deepest(Exception error)
    {
        while (error.InnerException is { } inner)
            error = inner;
        return error.Message.ReplaceLineEndings(" ");
    }
}
