using TwiBackup.Policy;

namespace TwiBackup.Scheduling;

/// <summary>
/// The environment of a job: what programs need anywhere, what leads to the stores, and of the policy's secrets only those that are the
/// job's. Unlike under crond it is that of the scheduler, not an empty one; unlike with a shell nothing comes along by accident.
/// </summary>
internal static class JobEnvironment
{
    /// <summary>Set for jobs of a scheduler: they end when their standard input does, and leave alerts to it.</summary>
    public const string Supervised = "TWIBACKUP_SUPERVISED";

    private static readonly string[] Names =
    [
        "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "HOSTNAME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "STATE_DIRECTORY",
        "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy",
        "TWIBACKUP_PG_BIN", "TWIBACKUP_PG_USER", "TWIBACKUP_STATE",
    ];

    private static readonly string[] Prefixes = ["AWS_", "OTEL_", "DOTNET_"];

    /// <summary>Whether a variable is the machine's: no secret, and of use to any program of ours.</summary>
    public static bool IsOfMachine(string name) => Names.Contains(name) || name.StartsWith("DOTNET_", StringComparison.Ordinal);

    public static Dictionary<string, string> For(JobSecrets secrets, BackupPolicy policy, IReadOnlyDictionary<string, string> environment)
    {
        var given = SecretsOf(secrets, policy).Where(r => r is { Kind: SecretKind.Environment }).Select(r => r!.Name).ToHashSet(StringComparer.Ordinal);
        var every = SecretsOf((JobSecrets)~0, policy).Append(policy.Alerts.Discord).Append(policy.Alerts.Ping)
            .Where(r => r is { Kind: SecretKind.Environment }).Select(r => r!.Name).ToHashSet(StringComparer.Ordinal);
        // PGPASSWORD and its like are the database's.
        var reachesDatabase = secrets.HasFlag(JobSecrets.Database);
        var result = new Dictionary<string, string>(StringComparer.Ordinal) { [Supervised] = "1" };
        foreach (var (name, value) in environment)
        {
            var isCommon = Names.Contains(name) || Prefixes.Any(p => name.StartsWith(p, StringComparison.Ordinal))
                || (reachesDatabase && name.StartsWith("PG", StringComparison.Ordinal));
            if (given.Contains(name) || (isCommon && !every.Contains(name)))
                result[name] = value;
        }

        return result;
    }

    private static IEnumerable<SecretReference?> SecretsOf(JobSecrets secrets, BackupPolicy policy)
    {
        var keys = policy.Keys;
        // Public keys are everybody's, wherever they stand.
        foreach (var key in keys.Recipients.Concat(keys.Trusted).Concat(keys.TrustedVerifiers))
            yield return key.Reference;
        if (secrets.HasFlag(JobSecrets.Database))
        {
            yield return policy.Database.Connection.Reference;
            yield return policy.Database.Password;
        }

        if (secrets.HasFlag(JobSecrets.Writer))
            yield return keys.SigningKey;
        if (secrets.HasFlag(JobSecrets.Verifier))
            yield return keys.Identity;
        if (secrets.HasFlag(JobSecrets.Verifier) || secrets.HasFlag(JobSecrets.Records))
            yield return keys.VerifierKey;
        if (secrets.HasFlag(JobSecrets.Webhook))
            yield return policy.Alerts.Discord;

        if (secrets.HasFlag(JobSecrets.Repository))
            yield return policy.Backups.Repository?.TokenSecret;
    }
}
