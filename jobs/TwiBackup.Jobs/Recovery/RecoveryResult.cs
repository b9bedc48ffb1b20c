using TwiBackup.Verification;

namespace TwiBackup.Recovery;

/// <summary>How a recovery went.</summary>
public sealed record RecoveryResult
{
    /// <summary>The recovery, named like a set.</summary>
    public required string Id { get; init; }

    public required string System { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When the run ended.</summary>
    public required DateTimeOffset EndedAt { get; init; }

    /// <summary>All steps, in their order.</summary>
    public required IReadOnlyList<StepResult> Steps { get; init; }

    /// <summary>What was lost and how long it took, against the objectives.</summary>
    public required IReadOnlyList<ObjectiveResult> Objectives { get; init; }

    /// <summary>What the system answered.</summary>
    public required IReadOnlyList<Check> Checks { get; init; }

    /// <summary>The plan; null when this run needed none any more.</summary>
    public RecoveryPlan? Plan { get; init; }

    /// <summary>The restored database; null: none was.</summary>
    public RecoveredDatabase? Database { get; init; }

    /// <summary>Why the run failed, one line; null: it did not.</summary>
    public string? Failure { get; init; }

    /// <summary>What failed, for who wants to know more.</summary>
    public Exception? Cause { get; init; }

    /// <summary>Whether the rest is done on the host that was provisioned.</summary>
    public bool IsHandedOver { get; init; }

    public required string JournalFile { get; init; }

    public required string IncidentFile { get; init; }

    /// <summary>Whether everything that is to be done is done.</summary>
    public bool IsComplete => Steps.All(s => s.State is StepState.Done or StepState.Skipped);

    /// <summary>Whether everything is done and every objective that could be held against it was met.</summary>
    public bool Met => IsComplete && Objectives.All(o => o.Met);

    /// <summary>How one step went.</summary>
    public StepResult Of(RecoveryStep step) => Steps.First(s => s.Step == step);

    /// <summary>Throws what failed, with its cause.</summary>
    public RecoveryResult ThrowIfFailed() => Failure is null ? this : throw new TwiBackupException(Failure, Cause);
}
