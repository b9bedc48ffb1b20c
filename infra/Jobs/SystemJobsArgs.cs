using Pulumi;
using TwiBackup.Infra.Configuration;
using TwiBackup.Infra.Roles;

namespace TwiBackup.Infra.Jobs;

/// <summary>What a system's jobs need from their surroundings.</summary>
public sealed record SystemJobsArgs
{
    public required ProtectedSystem System { get; init; }

    public required Region Region { get; init; }

    public required BackupJobs Shared { get; init; }

    public required SystemRoles Roles { get; init; }

    /// <summary>The secrets' ARNs by variable.</summary>
    public required IReadOnlyDictionary<string, Output<string>> Secrets { get; init; }
}
