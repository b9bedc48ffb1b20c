using System.Text.Json.Serialization;

namespace TwiBackup.Alerts;

/// <summary>The same failure of one job, however often it happened.</summary>
internal sealed record AlertGroup
{
    public required string Job { get; init; }

    /// <summary>An <see cref="AlertCause"/>.</summary>
    public required string Cause { get; init; }

    /// <summary>Failure or notice.</summary>
    public required AlertLevel Level { get; init; }

    /// <summary>As it was said the last time.</summary>
    public required string Message { get; init; }

    public string? Advice { get; init; }

    public required DateTimeOffset Since { get; init; }

    public required DateTimeOffset LastAt { get; init; }

    public int Count { get; init; } = 1;

    /// <summary>Seconds that the job ran the last time.</summary>
    public double? Seconds { get; init; }

    /// <summary>When it was delivered last; null: never.</summary>
    public DateTimeOffset? SentAt { get; init; }

    /// <summary><see cref="Count"/> as it was delivered last.</summary>
    public int SentCount { get; init; }

    /// <summary>When the job worked again; null: it does not.</summary>
    public DateTimeOffset? RecoveredAt { get; init; }

    /// <summary>Until then another process is delivering it.</summary>
    public DateTimeOffset? ClaimedUntil { get; init; }

    [JsonIgnore]
    public bool IsOpen => Level == AlertLevel.Failure && RecoveredAt is null;

    public bool IsSame(AlertGroup other) => Job == other.Job && Cause == other.Cause;
}
