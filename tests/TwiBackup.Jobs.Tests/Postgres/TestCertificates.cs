using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TwiBackup.Tests.Postgres;

/// <summary>An authority of our own in a folder, with a server certificate for <c>localhost</c> and a client certificate for
/// <c>certified</c>.</summary>
public sealed class TestCertificates : IDisposable
{
    private static readonly DateTimeOffset _from = DateTimeOffset.UtcNow.AddDays(-1), _to = DateTimeOffset.UtcNow.AddDays(2);

    private readonly string _folder = TestEnvironment.Account.CreatePrivateDirectory("twi-ca-");

    public TestCertificates()
    {
        using var authority = Authority("CN=TwiBackup test authority");
        using var stranger = Authority("CN=Stranger");
        Write("ca.pem", authority.ExportCertificatePem());
        Write("stranger.pem", stranger.ExportCertificatePem());
        Issue(authority, "server", "CN=localhost", "1.3.6.1.5.5.7.3.1", "localhost", HashAlgorithmName.SHA384);
        Issue(authority, "client", "CN=certified", "1.3.6.1.5.5.7.3.2", name: null, HashAlgorithmName.SHA256);
    }

    /// <summary>Settings of a server that uses them.</summary>
    public (string Name, string Value)[] ServerSettings =>
        [("ssl", "on"), ("ssl_cert_file", Path("server.pem")), ("ssl_key_file", Path("server.key")), ("ssl_ca_file", Path("ca.pem"))];

    public string Path(string name) => System.IO.Path.Combine(_folder, name);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static X509Certificate2 Authority(string subject)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(_from, _to);
    }

    // The longer hash for the server, so that channel binding has to follow the certificate's.
    private void Issue(X509Certificate2 authority, string file, string subject, string usage, string? name, HashAlgorithmName hash)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, hash);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        if (name is not null)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(name);
            request.CertificateExtensions.Add(names.Build());
        }
        using var issuerKey = authority.GetECDsaPrivateKey()!;
        var certificate = request.Create(
            authority.SubjectName, X509SignatureGenerator.CreateForECDsa(issuerKey), _from, _to, RandomNumberGenerator.GetBytes(8));
        using (certificate)
            Write(file + ".pem", certificate.ExportCertificatePem());
        Write(file + ".key", key.ExportPkcs8PrivateKeyPem());
    }

    private void Write(string name, string content)
    {
        File.WriteAllText(Path(name), content);
        File.SetUnixFileMode(Path(name), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        TestEnvironment.Account.Chown(Path(name));
    }
}
