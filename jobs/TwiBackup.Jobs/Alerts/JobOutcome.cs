namespace TwiBackup.Alerts;

/// <summary>The end of one run of a job.</summary>
/// <param name="Job">As it is typed, e.g. <c>backup database</c>.</param>
/// <param name="Reason">Of a failure: one line without a secret.</param>
/// <param name="Duration">How long it ran.</param>
public sealed record JobOutcome(string Job, JobResult Result, string? Reason, TimeSpan Duration)
{
    /// <summary>Whether the same run may work a little later: false when the command, the policy or a backup is what is wrong.</summary>
    public bool MayWorkLater { get; init; }
}
