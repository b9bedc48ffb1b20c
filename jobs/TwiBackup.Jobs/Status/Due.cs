using TwiBackup.Policy;

namespace TwiBackup.Status;

/// <summary>Whether the run after the last one is late.</summary>
internal static class Due
{
    /// <summary>What a run may take at least before its absence is told.</summary>
    private static readonly TimeSpan ShortestGrace = TimeSpan.FromMinutes(15);

    private static readonly TimeSpan LongestGrace = TimeSpan.FromHours(6);

    /// <summary>When the run after <paramref name="last"/> is or was due; null: never, or on change.</summary>
    public static DateTimeOffset? After(Schedule schedule, DateTimeOffset last) => schedule.Next(last)?.ToUniversalTime();

    /// <summary>
    /// Whether a run that was due at <paramref name="due"/> should have left something by now: twice the time that the last one took,
    /// at least 15 minutes and at most 6 hours, are left to it.
    /// </summary>
    public static bool IsLate(DateTimeOffset? due, TimeSpan lastDuration, DateTimeOffset now) => now > due + Grace(lastDuration);

    /// <summary>Of a run under way.</summary>
    public static TimeSpan Grace(TimeSpan lastDuration) =>
        TimeSpan.FromTicks(Math.Clamp(lastDuration.Ticks * 2, ShortestGrace.Ticks, LongestGrace.Ticks));
}
