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
        foreach (var secret in policy.Secrets())
        {
            if (secret.Kind == SecretKind.Environment)
                Environment.SetEnvironmentVariable(secret.Name, null);
        }
    }
}
