namespace TwiBackup.Status;

/// <summary>What the replica has of what the primary store has. A set counts only when each of its objects is there with its length.</summary>
public sealed record ReplicaStatus
{
    public required string Store { get; init; }

    public required ComponentState State { get; init; }

    /// <summary>One line.</summary>
    public required string Detail { get; init; }

    /// <summary>Whole sets there.</summary>
    public int Count { get; init; }

    /// <summary>Sets of the primary that are not whole there, <c>kind/id</c>, oldest first.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];

    public RecoverablePoint? Recoverable { get; init; }

    /// <summary>Seconds since <see cref="Recoverable"/>.</summary>
    public double? AgeSeconds { get; init; }

    /// <summary>objectives.replica.rpo.</summary>
    public double? ObjectiveSeconds { get; init; }
}
