using TwiBackup.Infra.Configuration;
using TwiBackup.Policy;

namespace TwiBackup.Infra.Jobs;

/// <summary>One thing that is done for a system: a task definition, and what starts it.</summary>
/// <param name="Name">For names and logs: <c>backup-database</c>.</param>
/// <param name="Command">What comes after <c>twibackup</c>.</param>
/// <param name="Role">As whom it touches the store.</param>
public sealed record Job(string Name, IReadOnlyList<string> Command, JobRole Role)
{
    /// <summary>When it starts. Null: it is a service of one, which runs always.</summary>
    public Schedule? Schedule { get; init; }

    /// <summary>Which of the policy's variables it gets.</summary>
    public required IReadOnlyList<SecretUse> Uses { get; init; }

    /// <summary>Fargate CPU units; 1024 are one processor.</summary>
    public int Cpu { get; init; } = 512;

    /// <summary>MiB, of the steps that Fargate has for <see cref="Cpu"/>. A job is bounded by 256; PostgreSQL's tools run beside
    /// it.</summary>
    public int Memory { get; init; } = 1024;

    /// <summary>Whether it restores into scratch disk.</summary>
    public bool NeedsScratch { get; init; }

    /// <summary>Whether it reads the application's files.</summary>
    public bool NeedsFiles { get; init; }

    public bool IsService => Schedule is null;

    /// <summary>The task definition's family.</summary>
    public string Family(string system) => $"{system}-{Name}";

    /// <summary>The secrets that its execution role fetches, and no other's.</summary>
    public IReadOnlyList<PolicySecret> SecretsOf(ProtectedSystem system) =>
        [.. system.Secrets.Where(secret => secret.Uses.Any(Uses.Contains))];
}
