using TwiBackup.Progress;
using TwiBackup.Status;

namespace TwiBackup.Rehearsal;

/// <summary>What a rehearsal says to somebody who asks only whether promises are kept.</summary>
public static class RehearsalOutcomes
{
    /// <summary>Of all signed reports of a log, oldest first.</summary>
    public static async Task<IReadOnlyList<RehearsalOutcome>> ReadAsync(RehearsalLog log, CancellationToken cancellationToken) =>
        [.. (await log.ListAsync(cancellationToken)).Select(Of)];

    public static RehearsalOutcome Of(RehearsalReport report) => new(report.Id, report.Scenario, report.StartedAt, ProblemOf(report));

    private static string? ProblemOf(RehearsalReport report)
    {
        if (report.Failure is { } failure)
            return failure;
        if (report.Components.FirstOrDefault(c => !c.Met) is { } missed)
            return $"{missed.Name} lost {Text(missed.RpoSeconds)} (objective {Text(missed.RpoObjectiveSeconds)}) and was back after {Text(missed.RtoSeconds)} (objective {Text(missed.RtoObjectiveSeconds)})";
        return report.Checks.FirstOrDefault(c => !c.Passed) is { } failed ? $"check {failed.Name}: {failed.Detail}" : null;
    }

    private static string Text(double? seconds) => seconds is { } s ? Sizes.Text(TimeSpan.FromSeconds(s)) : "-";
}
