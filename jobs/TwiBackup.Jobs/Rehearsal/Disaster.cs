using TwiBackup.Rehearsal.Bot;

namespace TwiBackup.Rehearsal;

/// <summary>
/// When a disaster happened. Time to recover counts from <paramref name="Began"/>, before the first signal; what was promised to be kept
/// counts until <paramref name="Dead"/>, after the last: neither is flattered by the moment between.
/// </summary>
internal readonly record struct Disaster(MonotonicInstant Began, MonotonicInstant Dead);
