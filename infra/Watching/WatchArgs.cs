using Pulumi;
using TwiBackup.Infra.Configuration;
using TwiBackup.Infra.Jobs;

namespace TwiBackup.Infra.Watching;

/// <summary>What is watched.</summary>
public sealed record WatchArgs
{
    public required Region Region { get; init; }

    public required AlarmTopic Topic { get; init; }

    /// <summary>Systems with their jobs.</summary>
    public required IReadOnlyList<(ProtectedSystem System, SystemJobs Jobs)> Systems { get; init; }

    /// <summary>The region's operations key.</summary>
    public required Output<string> OperationsKey { get; init; }
}
