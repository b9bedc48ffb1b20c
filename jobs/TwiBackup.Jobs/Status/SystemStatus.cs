using System.Text.Json.Serialization;

namespace TwiBackup.Status;

/// <summary>How a system stands now; <c>twibackup status --json</c>.</summary>
public sealed record SystemStatus
{
    public const string CurrentFormat = "twibackup-status-1";

    public required string Format { get; init; }

    public required string System { get; init; }

    /// <summary>The primary store, without secrets.</summary>
    public required string Store { get; init; }

    /// <summary>When it was looked at, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    public required IReadOnlyList<ComponentStatus> Components { get; init; }

    /// <summary>Null: nothing can be recovered, or the database is protected by dumps only.</summary>
    public RecoverablePoint? Recoverable { get; init; }

    /// <summary>Null: the policy has none.</summary>
    public ReplicaStatus? Replica { get; init; }

    /// <summary>Why a full is needed before its time; null: it is not.</summary>
    public string? FullNeeded { get; init; }

    /// <summary>The worst of all.</summary>
    [JsonIgnore]
    public ComponentState State =>
        Components.Select(c => c.State).Append(Replica?.State ?? ComponentState.Good).Max();
}
