using System.Diagnostics;
using System.Globalization;

namespace TwiBackup.Rehearsal.Bot;

/// <summary>
/// An instant on this machine's monotonic clock (CLOCK_MONOTONIC), which no adjustment of the wall clock moves, and the wall clock beside
/// it for people. Comparable between processes, but only of the same <paramref name="Boot"/>.
/// </summary>
/// <param name="Ticks">As <see cref="Stopwatch.GetTimestamp"/> gives them.</param>
/// <param name="Utc">The wall clock, UTC.</param>
/// <param name="Boot">The kernel's name for the time since the machine was started.</param>
public readonly record struct MonotonicInstant(long Ticks, DateTime Utc, string Boot)
{
    /// <summary>
    /// The current boot, <c>/proc/sys/kernel/random/boot_id</c>; on systems without it the time of the start, to the minute.
    /// </summary>
    public static string ThisBoot { get; } = File.Exists("/proc/sys/kernel/random/boot_id")
        ? File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim()
        : DateTime.UtcNow.AddMilliseconds(-Environment.TickCount64).ToString("yyyyMMdd'T'HHmm'Z'", CultureInfo.InvariantCulture);

    /// <summary>Now.</summary>
    public static MonotonicInstant Now(TimeProvider? clock = null) =>
        new((clock ?? TimeProvider.System).GetTimestamp(), (clock ?? TimeProvider.System).GetUtcNow().UtcDateTime, ThisBoot);

    /// <summary>The time from <paramref name="earlier"/> ticks to <paramref name="later"/> ticks.</summary>
    public static TimeSpan Between(long earlier, long later) => Stopwatch.GetElapsedTime(earlier, later);
}
