using TwiBackup.Policy;

namespace TwiBackup.Recovery;

/// <summary>The variables that a command of the policy gets: those that the policy names, and never one of its secrets.</summary>
internal static class CommandEnvironment
{
    public static IReadOnlyDictionary<string, string?> Of(BackupPolicy policy, IReadOnlyDictionary<string, string> environment)
    {
        var secrets = policy.Secrets().Where(s => s.Kind == SecretKind.Environment).Select(s => s.Name).ToHashSet(StringComparer.Ordinal);
        return environment
            .Where(variable => !secrets.Contains(variable.Key) && policy.Recovery.Environment.Any(name => Fits(name, variable.Key)))
            .ToDictionary(variable => variable.Key, variable => (string?)variable.Value, StringComparer.Ordinal);
    }

    private static bool Fits(string name, string variable) =>
        name.EndsWith('*') ? variable.StartsWith(name[..^1], StringComparison.Ordinal) : variable == name;
}
