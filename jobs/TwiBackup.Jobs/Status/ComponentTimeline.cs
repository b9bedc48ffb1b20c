namespace TwiBackup.Status;

/// <summary>What the store holds of one component, along time.</summary>
public sealed record ComponentTimeline
{
    /// <summary>any instant, wal, restore point, or a kind of set.</summary>
    public required string Name { get; init; }

    /// <summary>What a mark or a stretch of it means, in a few words.</summary>
    public required string Meaning { get; init; }

    /// <summary>From when on it is promised; null: only as often as the schedule says.</summary>
    public DateTimeOffset? PromisedFrom { get; init; }

    /// <summary>Periods that are there without a gap, oldest first.</summary>
    public IReadOnlyList<Period> Periods { get; init; } = [];

    /// <summary>Single states that are there, oldest first.</summary>
    public IReadOnlyList<DateTimeOffset> Points { get; init; } = [];

    /// <summary>What is promised and not there, oldest first.</summary>
    public IReadOnlyList<TimelineGap> Gaps { get; init; } = [];
}
