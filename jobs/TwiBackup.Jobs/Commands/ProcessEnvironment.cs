using System.Collections;
using TwiBackup.Policy;

namespace TwiBackup.Commands;

/// <summary>The variables that this process was started with.</summary>
internal static class ProcessEnvironment
{
    public static IReadOnlyDictionary<string, string> Read()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
            variables[(string)variable.Key] = (string?)variable.Value ?? "";
        return variables;
    }

    /// <summary>Takes the variables that hold the policy's secrets out of what children of this process would inherit.</summary>
    public static void Forget(BackupPolicy policy)
    {
        SecretReference?[] secrets =
        [
            policy.Database.Connection.Reference, policy.Database.Password, policy.Keys.Identity, policy.Keys.SigningKey,
            policy.Keys.VerifierKey, policy.Alerts.Discord, policy.Alerts.Ping, policy.Backups.Repository?.TokenSecret,
        ];
        foreach (var secret in secrets)
        {
            if (secret is { Kind: SecretKind.Environment })
                Environment.SetEnvironmentVariable(secret.Name, null);
        }
    }
}
