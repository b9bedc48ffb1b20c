namespace TwiBackup.Policy;

/// <summary>One line of what a policy promises, for people.</summary>
/// <param name="Type">The kind, in the words of the policy.</param>
/// <param name="How">How it is taken.</param>
/// <param name="NextRuns">The first runs, with the zone's offset; empty on change.</param>
/// <param name="Kept">For how long.</param>
/// <param name="Meets">The objective that it serves, and why it is met.</param>
public sealed record Promise(
    string Type, string How, Schedule Schedule, IReadOnlyList<DateTimeOffset> NextRuns, TimeSpan Kept, string Meets);
