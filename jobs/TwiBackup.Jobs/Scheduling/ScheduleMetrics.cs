using TwiBackup.Alerts;
using TwiBackup.Status;

namespace TwiBackup.Scheduling;

/// <summary>What a running scheduler knows, as a Prometheus text.</summary>
internal static class ScheduleMetrics
{
    public static PrometheusText Of(string system, SystemStatus? status, IReadOnlyList<JobState> jobs, ReceiverLine? receiver, DateTimeOffset now)
    {
        var text = new PrometheusText();
        var label = ("system", system);
        text.Add("twibackup_schedule_timestamp_seconds", "When the scheduler was last seen to work.", now.ToUnixTimeSeconds(), label);
        if (status is not null)
            StatusMetrics.Add(text, status);
        Each("twibackup_job_last_success_timestamp_seconds", "When the job last succeeded.", j => j.LastSuccess?.ToUnixTimeSeconds());
        Each("twibackup_job_last_duration_seconds", "How long the last run took.", j => j.LastDuration?.TotalSeconds);
        Each("twibackup_job_last_failed", "1 when the last run failed.", j => j.LastFailed ? 1 : 0);
        Each("twibackup_job_running", "1 while the job runs.", j => j.RunningSince is null ? 0 : 1);
        Each("twibackup_job_next_run_timestamp_seconds", "When the job runs next.", j => j.NextRun is { } next ? Math.Max(next.ToUnixTimeSeconds(), 0) : null);
        text.Add("twibackup_wal_connected", "1 while the receiver streams WAL.", receiver is null ? null : receiver.Connected ? 1 : 0, label);
        text.Add("twibackup_wal_lag_bytes", "WAL that the server has and the store has not.", receiver?.LagBytes, label);
        text.Add("twibackup_wal_mark_timestamp_seconds", "The server's time up to which all WAL is in the store.", receiver?.MarkTime?.ToUnixTimeSeconds(), label);
        return text;

        void Each(string name, string help, Func<JobState, double?> value)
        {
            foreach (var job in jobs)
                text.Add(name, help, value(job), label, ("job", job.Job));
        }
    }
}
