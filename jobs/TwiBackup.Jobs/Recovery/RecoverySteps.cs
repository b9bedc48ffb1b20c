namespace TwiBackup.Recovery;

/// <summary>Names of <see cref="RecoveryStep"/>.</summary>
public static class RecoverySteps
{
    /// <summary>All steps, in the order in which they are done.</summary>
    public static readonly IReadOnlyList<RecoveryStep> All = Enum.GetValues<RecoveryStep>();

    /// <summary>The step's word on the command line, in the policy and in the journal.</summary>
    public static string Name(this RecoveryStep step) => step switch
    {
        RecoveryStep.Assess => "assess",
        RecoveryStep.Notify => "notify",
        RecoveryStep.Provision => "provision",
        RecoveryStep.Repository => "repository",
        RecoveryStep.Configuration => "configuration",
        RecoveryStep.Database => "database",
        RecoveryStep.Deploy => "deploy",
        RecoveryStep.Verify => "verify",
        RecoveryStep.Route => "route",
        RecoveryStep.Report => "report",
        _ => throw new ArgumentOutOfRangeException(nameof(step)),
    };

    /// <summary>The step of a word; false when there is none.</summary>
    public static bool TryParse(string? name, out RecoveryStep step)
    {
        foreach (var candidate in All)
        {
            if (candidate.Name() == name)
            {
                step = candidate;
                return true;
            }
        }

        step = default;
        return false;
    }
}
