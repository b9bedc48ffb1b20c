using Pulumi;

namespace TwiBackup.Infra.Jobs;

/// <summary>What the jobs need from their surroundings.</summary>
public sealed record BackupJobsArgs
{
    public required Region Region { get; init; }

    /// <summary>The image, by digest.</summary>
    public required Output<string> Image { get; init; }

    /// <summary>The region's operations key.</summary>
    public required Output<string> OperationsKey { get; init; }
}
