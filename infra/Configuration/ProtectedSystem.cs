using TwiBackup.Policy;

namespace TwiBackup.Infra.Configuration;

/// <summary>One policy of the list: a system whose database and files are protected, with its own roles, jobs and schedules.</summary>
/// <param name="Path">The policy's file, as the configuration names it.</param>
/// <param name="Policy">As the file says it.</param>
/// <param name="Text">The file's text.</param>
public sealed record ProtectedSystem(string Path, BackupPolicy Policy, string Text)
{
    public string Name => Policy.System;

    /// <summary>Every variable that the policy refers to, in ordinal order.</summary>
    public IReadOnlyList<PolicySecret> Secrets { get; } = PolicySecrets.Of(Policy);

    /// <summary>Where this system's objects begin.</summary>
    public string Prefix => $"{Name}/";
}
