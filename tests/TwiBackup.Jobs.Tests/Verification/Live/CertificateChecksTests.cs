using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TwiBackup.Tests.Verification.Live;

public sealed class CertificateChecksTests : IAsyncLifetime
{
    private const string Section =
        """{ "certificates": [{ "file": "DIR/client.pem", "key": "DIR/client.key", "authority": "DIR/ca.pem", "validFor": "30d" }] }""";

    private readonly LiveSystem system = new();
    private readonly X509Certificate2 authority = Authority("CN=Authority");

    public ValueTask InitializeAsync()
    {
        system.Write("ca.pem", authority.ExportCertificatePem());
        Issue(authority, TimeSpan.FromDays(90));
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        authority.Dispose();
        await system.DisposeAsync();
    }

    [Fact]
    public async Task One_that_holds_passes()
    {
        var record = await system.AskAsync(Section, "certificates");
        LiveSystem.Passed(record);
        Assert.Equal($"certificates{system.Folder}/client.pem", Assert.Single(record.Checks).Name);
        Assert.Contains("CN=client", record.Checks[0].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_with_an_RSA_key_and_an_issuer_between_passes()
    {
        using var between = Authority("CN=Between", authority);
        Issue(between, TimeSpan.FromDays(90), rsa: true, chain: between.ExportCertificatePem());
        LiveSystem.Passed(await system.AskAsync(Section, "certificates"));
    }

    [Theory]
    [InlineData(20, "expires")]
    [InlineData(-1, "has expired")]
    public async Task One_that_ends_soon_or_has_ended_fails(int days, string named)
    {
        Issue(authority, TimeSpan.FromDays(days));
        Assert.Contains($"CN=client {named}", await FaultAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_key_of_another_certificate_fails()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        system.Write("client.key", other.ExportPkcs8PrivateKeyPem());
        Assert.Contains("client.key is the key of another certificate", await FaultAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_under_a_password_or_a_public_one_fails()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        system.Write("client.key", other.ExportEncryptedPkcs8PrivateKeyPem("word", new PbeParameters(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 1)));
        Assert.Contains("or it has a password", await FaultAsync(), StringComparison.Ordinal);
        system.Write("client.key", other.ExportSubjectPublicKeyInfoPem());
        Assert.Contains("holds a public key", await FaultAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_that_others_can_read_fails()
    {
        File.SetUnixFileMode(Path.Combine(system.Folder, "client.key"), UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Assert.Contains("others than its owner can use", await FaultAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_from_another_authority_fails()
    {
        using var stranger = Authority("CN=Authority");
        system.Write("ca.pem", stranger.ExportCertificatePem());
        Assert.Contains("it does not come from", await FaultAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_certificate_fails()
    {
        system.Write("client.pem", "nothing");
        Assert.Contains("holds no certificate", await FaultAsync(), StringComparison.Ordinal);
        system.Write("client.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        Assert.Contains("can't be read as PEM", await FaultAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_is_not_there_fails_unless_it_need_not_be()
    {
        File.Delete(Path.Combine(system.Folder, "client.pem"));
        Assert.Contains("client.pem is not there", await FaultAsync(), StringComparison.Ordinal);
        var optional = Section.Replace("\"validFor\"", "\"required\": false, \"validFor\"", StringComparison.Ordinal);
        var record = await system.AskAsync(optional, "certificates");
        Assert.Empty(record.Checks);
        Assert.Contains("the policy does not require it", Assert.Single(record.NotRun!).Why, StringComparison.Ordinal);

        // A certificate without its key is no use, required or not.
        Issue(authority, TimeSpan.FromDays(90));
        File.Delete(Path.Combine(system.Folder, "client.key"));
        Assert.True((await system.AskAsync(optional, "certificates")).Failed);
    }

    private async Task<string> FaultAsync() => LiveSystem.Failed(await system.AskAsync(Section, "certificates")).Detail;

    private static X509Certificate2 Authority(string subject, X509Certificate2? issuer = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var (from, to) = (DateTimeOffset.UtcNow.AddDays(-100), DateTimeOffset.UtcNow.AddDays(400));
        if (issuer is null)
            return request.CreateSelfSigned(from, to);
        using var signed = request.Create(issuer, from, to.AddDays(-1), RandomNumberGenerator.GetBytes(8));
        return signed.CopyWithPrivateKey(key);
    }

    private void Issue(X509Certificate2 issuer, TimeSpan valid, bool rsa = false, string chain = "")
    {
        using AsymmetricAlgorithm key = rsa ? RSA.Create(2048) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = key is RSA one
            ? new CertificateRequest("CN=client", one, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest("CN=client", (ECDsa)key, HashAlgorithmName.SHA256);
        using var issuerKey = issuer.GetECDsaPrivateKey()!;
        using var certificate = request.Create(
            issuer.SubjectName, X509SignatureGenerator.CreateForECDsa(issuerKey), DateTimeOffset.UtcNow.AddDays(-50), DateTimeOffset.UtcNow + valid,
            RandomNumberGenerator.GetBytes(8));
        system.Write("client.pem", certificate.ExportCertificatePem() + "\n" + chain);
        system.Write("client.key", key.ExportPkcs8PrivateKeyPem());
    }
}
