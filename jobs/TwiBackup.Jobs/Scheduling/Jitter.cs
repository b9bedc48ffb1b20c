using System.Security.Cryptography;
using System.Text;
using TwiBackup.Policy;

namespace TwiBackup.Scheduling;

/// <summary>
/// How long after its time a job runs: always the same for one job of one system, so that the next run can be told, and different from
/// system to system.
/// </summary>
internal static class Jitter
{
    /// <summary>A share of the time between two runs that may pass unused.</summary>
    private const int Share = 20;

    public static TimeSpan Of(string system, string kind, Schedule schedule, TimeSpan most, DateTimeOffset now)
    {
        var runs = schedule.NextRuns(now, 2);
        if (runs.Count < 2)
            return TimeSpan.Zero;
        var limit = Math.Min(most.Ticks, (runs[1] - runs[0]).Ticks / Share);
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{system}/{kind}"));
        return TimeSpan.FromSeconds(Math.Floor(limit * (BitConverter.ToUInt32(hash) / (double)uint.MaxValue) / TimeSpan.TicksPerSecond));
    }
}
