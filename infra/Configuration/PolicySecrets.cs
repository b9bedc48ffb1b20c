using TwiBackup.Policy;

namespace TwiBackup.Infra.Configuration;

/// <summary>Finds the references of a policy.</summary>
public static class PolicySecrets
{
    /// <summary>Every environment variable that the policy refers to, once each, in ordinal order.</summary>
    public static IReadOnlyList<PolicySecret> Of(BackupPolicy policy) =>
    [
        .. References(policy)
            .Where(found => found.Reference.Kind == SecretKind.Environment)
            .GroupBy(found => found.Reference.Name, StringComparer.Ordinal)
            .Select(same => new PolicySecret(
                same.Key, [.. same.Select(found => found.Use).Distinct()], [.. same.Select(found => found.Path).Distinct()]))
            .OrderBy(secret => secret.Variable, StringComparer.Ordinal),
    ];

    /// <summary>The first reference to a file. A job in the cloud has no files of its own. Null: there is none.</summary>
    public static string? FirstFile(BackupPolicy policy) =>
        References(policy).Where(found => found.Reference.Kind == SecretKind.File).Select(found => found.Path).FirstOrDefault();

    private static IEnumerable<(string Path, SecretUse Use, SecretReference Reference)> References(BackupPolicy policy)
    {
        IEnumerable<(string Path, SecretUse Use, SecretReference? Reference)> all =
        [
            ("database.connection", SecretUse.Database, policy.Database.Connection.Reference),
            ("database.password", SecretUse.Database, policy.Database.Password),
            .. policy.Keys.Recipients.Select(key => ("keys.recipients", SecretUse.Recipients, key.Reference)),
            ("keys.identity", SecretUse.Identity, policy.Keys.Identity),
            ("keys.signingKey", SecretUse.SigningKey, policy.Keys.SigningKey),
            .. policy.Keys.Trusted.Select(key => ("keys.trusted", SecretUse.Trusted, key.Reference)),
            ("keys.verifierKey", SecretUse.VerifierKey, policy.Keys.VerifierKey),
            .. policy.Keys.TrustedVerifiers.Select(key => ("keys.trustedVerifiers", SecretUse.Trusted, key.Reference)),
            ("backups.repository.tokenSecret", SecretUse.Repository, policy.Backups.Repository?.TokenSecret),
            ("alerts.discord", SecretUse.Alerts, policy.Alerts.Discord),
            ("alerts.ping", SecretUse.Alerts, policy.Alerts.Ping),
        ];
        return all.Where(found => found.Reference is not null).Select(found => (found.Path, found.Use, found.Reference!));
    }
}
