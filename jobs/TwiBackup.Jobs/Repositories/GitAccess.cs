using System.Text;

namespace TwiBackup.Repositories;

/// <summary>
/// What git is told through its environment (<see href="https://git-scm.com/docs/git-config#ENVIRONMENT">GIT_CONFIG_COUNT</see>), which
/// only the same account and root can read: a token never stands in an argument, a URL, or a file of the clone.
/// </summary>
public sealed class GitAccess
{
    private static readonly string[] Passed =
    [
        "SSH_AUTH_SOCK", "GIT_SSH_COMMAND", "GIT_SSH", "GIT_SSL_CAINFO", "SSL_CERT_FILE", "SSL_CERT_DIR",
        "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
    ];

    private readonly string[] secrets;

    private GitAccess(Dictionary<string, string?> variables, params string[] secrets) => (Variables, this.secrets) = (variables, secrets);

    /// <summary>No access but to what anybody may read.</summary>
    public static GitAccess None { get; } = new([]);

    internal IReadOnlyDictionary<string, string?> Variables { get; }

    /// <summary>Access to a source.</summary>
    /// <param name="source">A URL or folder.</param>
    /// <param name="token">An access token for an https URL; null: none.</param>
    /// <param name="environment">Proxies, certificates and the ssh agent come from here.</param>
    /// <exception cref="TwiBackupException">A token would go over an open line, or to something that takes none; wrong use.</exception>
    public static GitAccess For(string source, string? token, IReadOnlyDictionary<string, string> environment)
    {
        var variables = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var name in Passed)
        {
            if (environment.TryGetValue(name, out var value))
                variables[name] = value;
        }

        // Nobody is there to type: ask for nothing.
        variables.TryAdd("GIT_SSH_COMMAND", "ssh -o BatchMode=yes");
        if (token is null)
            return new GitAccess(variables);
        if (!Uri.TryCreate(source, UriKind.Absolute, out var url) || !(url.Scheme == "https" || (url.Scheme == "http" && url.IsLoopback)))
            throw new TwiBackupException(ExitCode.WrongUse, $"The policy has a token for {source}, but tokens go over https only. Use "
                + "an https URL, or take backups.repository.tokenSecret out.");
        var basic = Convert.ToBase64String(Encoding.UTF8.GetBytes($"x-access-token:{token}"));
        variables["GIT_CONFIG_COUNT"] = "1";
        // For this origin only: wherever else the server sends us, the token stays here.
        variables["GIT_CONFIG_KEY_0"] = $"http.{url.GetLeftPart(UriPartial.Authority)}/.extraHeader";
        variables["GIT_CONFIG_VALUE_0"] = $"Authorization: Basic {basic}";
        return new GitAccess(variables, token, basic);
    }

    /// <summary>A text from git without the token, should it ever be in it.</summary>
    internal string Redact(string text) =>
        secrets.Aggregate(text, (shown, secret) => shown.Replace(secret, "***", StringComparison.Ordinal));

    public override string ToString() => secrets.Length == 0 ? "no token" : "a token";
}
