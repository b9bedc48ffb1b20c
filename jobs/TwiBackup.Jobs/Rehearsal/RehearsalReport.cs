using TwiBackup.Verification;

namespace TwiBackup.Rehearsal;

/// <summary>
/// What a rehearsal measured, <c>&lt;system&gt;/rehearsal/&lt;id&gt;.json</c>, signed by the verifier (<c>.minisig</c> beside it);
/// <c>docs/formats.md</c> describes its JSON.
/// </summary>
public sealed record RehearsalReport
{
    public const string CurrentFormat = "twibackup-rehearsal-1";

    public required string Format { get; init; }

    /// <summary>The system whose disaster was rehearsed; the policy's name of it where there is a policy.</summary>
    public required string System { get; init; }

    public required string Id { get; init; }

    public required string Scenario { get; init; }

    public required string Tool { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required DateTimeOffset CompletedAt { get; init; }

    /// <summary>Where the backups were, without secrets.</summary>
    public required string Store { get; init; }

    /// <summary>PostgreSQL's version.</summary>
    public required string Postgres { get; init; }

    /// <summary>Of everything that was chosen by chance.</summary>
    public int Seed { get; init; }

    /// <summary>How often the disaster was made to happen. Components show the worst of them.</summary>
    public required int Disasters { get; init; }

    public required IReadOnlyList<ComponentResult> Components { get; init; }

    /// <summary>The stages of the disaster that took longest.</summary>
    public required IReadOnlyList<StageResult> Stages { get; init; }

    public required RehearsalBytes Bytes { get; init; }

    public required IReadOnlyList<Check> Checks { get; init; }

    /// <summary>What else is worth knowing, one line each: what was done to the store, what was passed over, what that cost.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Why the recovery, or the rehearsal, came to no end; null: it did.</summary>
    public string? Failure { get; init; }

    /// <summary>It came to its end, every objective was met and every check passed.</summary>
    public bool Met => Failure is null && Components.All(c => c.Met) && Checks.All(c => c.Passed);
}
