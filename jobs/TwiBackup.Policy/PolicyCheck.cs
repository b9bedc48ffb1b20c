using TwiBackup.Policy.Checks;

namespace TwiBackup.Policy;

/// <summary>Whether the promises of a policy agree with each other and with what its schedules and stores can do.</summary>
public static class PolicyCheck
{
    /// <summary>Looks for contradictions.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="now">From when the schedules are followed, for two years.</param>
    /// <returns>One finding each; the policy may be deployed when none is an error.</returns>
    public static IReadOnlyList<Finding> Check(BackupPolicy policy, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(policy);
        var findings = new Findings();
        var rhythm = new Rhythm(policy, now);
        CompletenessChecks.Run(policy, findings);
        StoreChecks.Run(policy, findings);
        ScheduleChecks.Run(rhythm, findings);
        RetentionChecks.Run(policy, rhythm, findings);
        ObjectiveChecks.Run(policy, rhythm, findings);
        RecoveryChecks.Run(policy, findings);
        return findings.All;
    }

    /// <summary>Refuses a policy with contradictions.</summary>
    /// <exception cref="PolicyException">One line for each error; warnings are left aside.</exception>
    public static void Demand(BackupPolicy policy, DateTimeOffset now)
    {
        var errors = Check(policy, now).Where(finding => finding.Severity == Severity.Error).ToArray();
        if (errors.Length > 0)
            throw new PolicyException([.. errors.Select(error => error.ToString())]);
    }
}
