namespace TwiBackup.Rehearsal;

/// <summary>What all scenarios measured; <c>docs/formats.md</c> describes its JSON.</summary>
public sealed record RehearsalSuite
{
    public const string CurrentFormat = "twibackup-rehearsals-1";

    public required string Format { get; init; }

    public required string Tool { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required DateTimeOffset CompletedAt { get; init; }

    /// <summary>In the order in which they were run.</summary>
    public required IReadOnlyList<RehearsalReport> Rehearsals { get; init; }

    /// <summary>Every one of them was.</summary>
    public bool Met => Rehearsals.All(r => r.Met);
}
