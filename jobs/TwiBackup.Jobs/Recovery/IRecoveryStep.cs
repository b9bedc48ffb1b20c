namespace TwiBackup.Recovery;

/// <summary>One step: what it says of itself beforehand, and doing it.</summary>
internal interface IRecoveryStep
{
    RecoveryStep Step { get; }

    /// <summary>What it does, in words, for the plan.</summary>
    string Does { get; }

    /// <summary>What must hold before it begins; checked by <see cref="RunAsync"/> before anything is changed.</summary>
    string Precondition { get; }

    /// <summary>How what it did is taken back, or that it can't be.</summary>
    string Undo { get; }

    /// <summary>Why there is nothing to do here; null: there is.</summary>
    string? WhyNot { get; }

    /// <summary>Does it, also when an earlier run was killed in the middle of it.</summary>
    Task<StepOutcome> RunAsync(CancellationToken cancellationToken);
}
