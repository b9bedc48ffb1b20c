namespace TwiBackup.Verification;

/// <summary>A check that was not run, which is never one that passed.</summary>
/// <param name="Name">The check.</param>
/// <param name="Why">One line.</param>
public sealed record CheckNotRun(string Name, string Why);
