namespace TwiBackup.Infra.Configuration;

/// <summary>A variable that a policy refers to, kept in Secrets Manager; its value is never in the program or its state.</summary>
/// <param name="Variable">The environment variable's name.</param>
/// <param name="Uses">Usually one.</param>
/// <param name="Paths">Where in the policy it is named.</param>
public sealed record PolicySecret(string Variable, IReadOnlyList<SecretUse> Uses, IReadOnlyList<string> Paths)
{
    /// <summary>For the secret's description, so that whoever fills it knows what goes in.</summary>
    public string Description => $"twibackup.json: {string.Join(", ", Paths)}";
}
