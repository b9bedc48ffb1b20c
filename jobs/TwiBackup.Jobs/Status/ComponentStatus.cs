namespace TwiBackup.Status;

/// <summary>How one component stands. What is null does not apply to it, or there is nothing yet.</summary>
public sealed record ComponentStatus
{
    /// <summary>full, wal, restore point, dump, configuration, repository, logs, verification, rehearsal.</summary>
    public required string Name { get; init; }

    public required ComponentState State { get; init; }

    /// <summary>One line: why, and what to do when something is.</summary>
    public required string Detail { get; init; }

    /// <summary>Good sets, or records.</summary>
    public int Count { get; init; }

    /// <summary>Id of the newest.</summary>
    public string? Id { get; init; }

    /// <summary>The instant whose state the newest holds.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>Seconds since <see cref="At"/>.</summary>
    public double? AgeSeconds { get; init; }

    /// <summary>The most that <see cref="AgeSeconds"/> may be, by an objective of the policy.</summary>
    public double? ObjectiveSeconds { get; init; }

    /// <summary>When the run after the newest is or was due, by the schedule.</summary>
    public DateTimeOffset? NextRun { get; init; }

    /// <summary>When the run was due that left nothing yet; null: none is overdue.</summary>
    public DateTimeOffset? OverdueSince { get; init; }

    /// <summary>When a set of this kind was last proven by restoring it.</summary>
    public DateTimeOffset? ProvenAt { get; init; }

    /// <summary>Bytes of the newest before sealing.</summary>
    public long? PlainBytes { get; init; }

    /// <summary>Bytes of the newest in the store.</summary>
    public long? StoredBytes { get; init; }

    /// <summary>Seconds that the newest took.</summary>
    public double? DurationSeconds { get; init; }

    /// <summary>Bytes that are read from the store to restore the newest state; for WAL: what is replayed behind the newest full.</summary>
    public long? RestoreBytes { get; init; }

    /// <summary>Seconds that the last restore of this kind took, as its verification measured them.</summary>
    public double? RestoreSeconds { get; init; }

    /// <summary>Seconds that a restore of the newest state would take, at the rate that was last measured; null: none was.</summary>
    public double? ExpectedRestoreSeconds { get; init; }

    /// <summary>The most that a restore may take, by an objective of the policy.</summary>
    public double? RestoreObjectiveSeconds { get; init; }
}
