namespace TwiBackup.Recovery;

/// <summary>How a step went.</summary>
/// <param name="Step">The step.</param>
/// <param name="State">How far it is.</param>
/// <param name="StartedAt">When it was first begun; null: never.</param>
/// <param name="EndedAt">When it ended the last time; null: it has not.</param>
/// <param name="Share">Its part of the time that the system's RTO allows; null: none is set.</param>
/// <param name="Attempts">How often it was begun.</param>
/// <param name="Detail">One line: what was done, why it was not, or why it failed.</param>
public sealed record StepResult(
    RecoveryStep Step, StepState State, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt, TimeSpan? Share, int Attempts, string Detail)
{
    /// <summary>From the first beginning to the end, interruptions included; null: it was not done.</summary>
    public TimeSpan? Took => State == StepState.Done ? EndedAt - StartedAt : null;

    /// <summary>Whether it took longer than its share.</summary>
    public bool IsOverShare => Took > Share;
}
