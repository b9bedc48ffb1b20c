using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TwiBackup.Files;
using TwiBackup.Policy;
using TwiBackup.Policy.SystemChecks;

namespace TwiBackup.Verification.Live;

/// <summary>Whether the application's certificates hold: in time, with their key, from their authority.</summary>
internal sealed class CertificateChecks(IReadOnlyList<CertificatePolicy> policy, TimeProvider clock)
{
    private const int ForOthers = 0x3f;
    private const string PublicKeyOnly = "-----BEGIN PUBLIC KEY-----";

    public IEnumerable<SystemCheck> All() => policy.Count == 0
        ? [SystemCheck.NotConfigured("certificates/all", "verification.system.certificates")]
        : policy.Select(one => new SystemCheck($"certificates{one.File}", _ => Task.FromResult(Check(one))));

    private Answer Check(CertificatePolicy one)
    {
        string?[] files = [one.File, one.Key, one.Authority];
        if (files.FirstOrDefault(file => file is not null && !File.Exists(file)) is { } missing)
            return one.Required || File.Exists(one.File)
                ? Answer.Bad($"{missing} is not there")
                : Answer.NotAsked($"{missing} is not there, and the policy does not require it");
        var chain = new X509Certificate2Collection();
        var authorities = new X509Certificate2Collection();
        try
        {
            chain.ImportFromPemFile(one.File);
            if (chain.Count == 0)
                return Answer.Bad($"{one.File} holds no certificate in PEM");
            if (one.Authority is not null)
                authorities.ImportFromPemFile(one.Authority);
            var faults = Faults(one, chain, authorities).ToList();
            return Answer.Of(faults.Count == 0, $"{chain[0].Subject}, valid until {chain.Min(c => c.NotAfter.ToUniversalTime()):u}", string.Join("; ", faults));
        }
        catch (CryptographicException)
        {
            return Answer.Bad($"{one.File} or {one.Authority ?? "its chain"} can't be read as PEM");
        }
        finally
        {
            foreach (var certificate in chain.Concat(authorities))
                certificate.Dispose();
        }
    }

    private IEnumerable<string> Faults(CertificatePolicy one, X509Certificate2Collection chain, X509Certificate2Collection authorities)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        foreach (var certificate in chain)
        {
            if (certificate.NotBefore.ToUniversalTime() > now)
                yield return $"{certificate.Subject} is not valid before {certificate.NotBefore.ToUniversalTime():u}";
            if (certificate.NotAfter.ToUniversalTime() < now)
                yield return $"{certificate.Subject} has expired, {certificate.NotAfter.ToUniversalTime():u}";
            else if (certificate.NotAfter.ToUniversalTime() < now + one.ValidFor)
                yield return $"{certificate.Subject} expires {certificate.NotAfter.ToUniversalTime():u}, in less than {Duration.Format(one.ValidFor)}";
        }

        if (one.Key is { } key)
        {
            if ((FileCalls.FactsThrough(key)!.Value.Mode & ForOthers) != 0)
                yield return $"others than its owner can use {key}: chmod 600 {key}";
            if (MatchKey(key, chain[0]) is { } fault)
                yield return fault;
        }

        if (one.Authority is { } authority && ChainFault(chain, authorities, now) is { } why)
            yield return $"it does not come from {authority}: {why}";
    }

    /// <summary>Null: the key is the certificate's.</summary>
    private static string? MatchKey(string file, X509Certificate2 certificate)
    {
        try
        {
            var pem = File.ReadAllText(file);
            if (pem.Contains(PublicKeyOnly, StringComparison.Ordinal))
                return $"{file} holds a public key, not the private one";
            using AsymmetricAlgorithm algorithm = certificate.PublicKey.Oid.Value == "1.2.840.113549.1.1.1" ? RSA.Create() : ECDsa.Create();
            algorithm.ImportFromPem(pem);
            return algorithm.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(certificate.PublicKey.ExportSubjectPublicKeyInfo())
                ? null
                : $"{file} is the key of another certificate";
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return $"{file} is no key of this certificate, or it has a password";
        }
    }

    private static string? ChainFault(X509Certificate2Collection chain, X509Certificate2Collection authorities, DateTime now)
    {
        using var builder = new X509Chain();
        builder.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        builder.ChainPolicy.CustomTrustStore.AddRange(authorities);
        for (var i = 1; i < chain.Count; i++)
            builder.ChainPolicy.ExtraStore.Add(chain[i]);
        builder.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        builder.ChainPolicy.DisableCertificateDownloads = true;
        builder.ChainPolicy.VerificationTime = now;
        return builder.Build(chain[0]) ? null : string.Join(", ", builder.ChainStatus.Select(status => status.Status));
    }
}
