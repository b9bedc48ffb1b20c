using TwiBackup.Policy;

namespace TwiBackup.Recovery;

/// <summary>Takes known secrets out of text that somebody else wrote.</summary>
internal sealed class SecretMask
{
    /// <summary>Shorter ones stand in too much that is none.</summary>
    private const int Shortest = 6;

    public static readonly SecretMask None = new([]);

    private readonly List<string> secrets;

    private SecretMask(List<string> secrets) => this.secrets = secrets;

    /// <summary>The secrets of a policy, as far as this process can read them; each line of a key file is one.</summary>
    public static SecretMask Of(BackupPolicy policy, IReadOnlyDictionary<string, string> environment)
    {
        var found = new List<string>();
        foreach (var reference in policy.Secrets())
        {
            try
            {
                found.AddRange(reference.Resolve(environment).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                    .Where(line => line.Length >= Shortest && !line.StartsWith('#') && !line.StartsWith("untrusted comment:", StringComparison.Ordinal)));
            }
            catch (TwiBackupException)
            {
                // What can't be read can't be said by whom we start either.
            }
        }

        // The longest first: one may be a part of another.
        return new SecretMask([.. found.Distinct(StringComparer.Ordinal).OrderByDescending(s => s.Length)]);
    }

    public string Hide(string text) => secrets.Aggregate(text, (shown, secret) => shown.Replace(secret, "***", StringComparison.Ordinal));
}
