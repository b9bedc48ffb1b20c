using TwiBackup.Rehearsal;

namespace TwiBackup.Reports;

/// <summary>How a rehearsal went, in words.</summary>
internal static class RehearsalSentence
{
    /// <summary>One sentence for the top of a page.</summary>
    public static string Of(RehearsalReport report)
    {
        if (report.Failure is not null)
            return "The recovery came to no end.";
        var worst = report.Components.Count > 0 ? report.Components[0] : null;
        var measured = worst is null ? "Nothing was measured"
            : $"{Capital(worst.Name)}: {Lost(worst)}, back after {Words.Took(worst.RtoSeconds)}{Objective(worst.RtoObjectiveSeconds)}";
        return $"{measured}; {Verdict(report)}.";
    }

    /// <summary>A few words.</summary>
    public static string Short(RehearsalReport report)
    {
        if (report.Failure is not null)
            return "the recovery came to no end";
        var missed = report.Components.Count(c => !c.Met) + report.Checks.Count(c => !c.Passed);
        return missed == 0 ? "every objective met, every check passed" : $"{Words.Count(missed, "objective or check", "objectives or checks")} missed";
    }

    private static string Verdict(RehearsalReport report)
    {
        var (objectives, checks) = (report.Components.Count(c => !c.Met), report.Checks.Count(c => !c.Passed));
        return (objectives, checks) switch
        {
            (0, 0) => $"every objective was met and all {Words.Count(report.Checks.Count, "check", "checks")} passed",
            (_, 0) => $"{Words.Count(objectives, "objective was", "objectives were")} missed",
            (0, _) => $"every objective was met, but {checks} of {Words.Count(report.Checks.Count, "check", "checks")} failed",
            _ => $"{Words.Count(objectives, "objective was", "objectives were")} missed, and {checks} of {Words.Count(report.Checks.Count, "check", "checks")} failed",
        };
    }

    private static string Lost(ComponentResult c) =>
        c is { RpoSeconds: null, RpoObjectiveSeconds: not null } ? "what was lost could not be measured" : $"lost {Words.Took(c.RpoSeconds)} of writes{Objective(c.RpoObjectiveSeconds)}";

    private static string Objective(double? seconds) => seconds is null ? "" : $" (objective {Words.Promised(seconds)})";

    private static string Capital(string name) => name.Length == 0 ? name : char.ToUpperInvariant(name[0]) + name[1..];
}
