using TwiBackup.Rehearsal;
using TwiBackup.Status;

namespace TwiBackup.Reports;

/// <summary>Everything that the page of a system shows; <c>twibackup report --json</c>.</summary>
public sealed record SystemReport
{
    public const string CurrentFormat = "twibackup-report-1";

    public required string Format { get; init; }

    /// <summary>Program and version that made it.</summary>
    public required string Tool { get; init; }

    /// <summary>How it stands, in a sentence.</summary>
    public required ReportSummary Summary { get; init; }

    /// <summary>Seconds that any instant can be recovered back, as promised.</summary>
    public required double RecoveryWindowSeconds { get; init; }

    /// <summary>Seconds that a full is kept, as promised; null: none is taken.</summary>
    public double? FullKeepSeconds { get; init; }

    public required SystemStatus Status { get; init; }

    public required SystemHistory History { get; init; }

    /// <summary>Signed rehearsal reports, oldest first.</summary>
    public required IReadOnlyList<RehearsalReport> Rehearsals { get; init; }

    /// <summary>What runs next by the policy's schedules, soonest first; what runs all the time or on demand last.</summary>
    public required IReadOnlyList<NextRun> NextRuns { get; init; }
}
