namespace TwiBackup.Recovery;

/// <summary>One step of a plan.</summary>
/// <param name="Step">The step.</param>
/// <param name="Does">What it will do, in words.</param>
/// <param name="Precondition">What must hold before it begins.</param>
/// <param name="Undo">How what it did is taken back, or that it can't be.</param>
/// <param name="Share">Its part of the system's RTO; null: none is set.</param>
/// <param name="WhyNot">Why it is not done; null: it is.</param>
public sealed record PlannedStep(RecoveryStep Step, string Does, string Precondition, string Undo, TimeSpan? Share, string? WhyNot)
{
    /// <summary>How long it will take; null: nobody can say.</summary>
    public TimeSpan? Expected { get; init; }

    /// <summary>How that is known.</summary>
    public string? ExpectedHow { get; init; }
}
