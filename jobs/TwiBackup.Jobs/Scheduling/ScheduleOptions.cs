using TwiBackup.Policy;

namespace TwiBackup.Scheduling;

/// <summary>What a <see cref="ScheduleService"/> works with.</summary>
internal sealed record ScheduleOptions
{
    public required BackupPolicy Policy { get; init; }

    /// <summary>The variables this process was started with.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    public required OwnProgram Program { get; init; }

    /// <summary>Where the Prometheus text goes; null: nowhere.</summary>
    public string? MetricsFile { get; init; }

    /// <summary>Where it tells whoever watches the process how it is.</summary>
    public required string StateFolder { get; init; }

    public TimeSpan MostJitter { get; init; } = TimeSpan.FromMinutes(1);
}
