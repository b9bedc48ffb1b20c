namespace TwiBackup.Status;

/// <summary>How one rehearsal ended.</summary>
/// <param name="Id">Of its report.</param>
/// <param name="Scenario">Which disaster.</param>
/// <param name="At">When it began.</param>
/// <param name="Problem">What was missed, one line; null: every objective was met and every check passed.</param>
public sealed record RehearsalOutcome(string Id, string Scenario, DateTimeOffset At, string? Problem);
