using TwiBackup.Policy;
using TwiBackup.Scheduling;

namespace TwiBackup.Reports;

/// <summary>When a job runs next.</summary>
/// <param name="Job">As it is typed behind <c>twibackup</c>.</param>
/// <param name="When">The schedule in words: a cron expression with its zone, or what it waits for.</param>
/// <param name="Times">The next times, UTC; empty when no clock tells them.</param>
public sealed record NextRun(string Job, string When, IReadOnlyList<DateTimeOffset> Times)
{
    private const int HowMany = 3;

    /// <summary>All of a policy, soonest first; what no clock tells last.</summary>
    public static IReadOnlyList<NextRun> Of(BackupPolicy policy, DateTimeOffset now)
    {
        var jobs = ScheduledJobs.Of(policy);
        var runs = jobs.Select(job => new NextRun(
            job.Name,
            job.Schedule.IsOnChange ? $"after {jobs.FirstOrDefault(j => j.Kind == job.After)?.Name ?? job.After}" : $"{job.Schedule.Text} ({job.Schedule.Zone.Id})",
            [.. job.Schedule.NextRuns(now, HowMany).Select(t => t.ToUniversalTime())])).ToList();
        if (policy.Backups.Incremental is not null && policy.Database.Mode == DatabaseMode.Physical)
            runs.Add(new NextRun("wal receive", "all the time", []));
        if (policy.Backups.Configuration is { Schedule.IsOnChange: true })
            runs.Add(new NextRun("backup configuration --watch", "when something changes", []));
        return [.. runs.OrderBy(r => r.Times.Count > 0 ? r.Times[0] : DateTimeOffset.MaxValue)];
    }
}
