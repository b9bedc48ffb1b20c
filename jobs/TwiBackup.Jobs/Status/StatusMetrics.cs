using TwiBackup.Alerts;

namespace TwiBackup.Status;

/// <summary>The status as metrics.</summary>
public static class StatusMetrics
{
    /// <summary>Adds the status to a Prometheus text.</summary>
    public static void Add(PrometheusText text, SystemStatus status)
    {
        var system = ("system", status.System);
        void Each(string name, string help, Func<ComponentStatus, double?> value)
        {
            foreach (var component in status.Components)
                text.Add(name, help, value(component), system, ("component", component.Name));
        }

        text.Add("twibackup_status_timestamp_seconds", "When the stores were looked at.", status.At.ToUnixTimeSeconds(), system);
        Each("twibackup_set_age_seconds", "Age of the newest good set or record.", c => c.AgeSeconds);
        Each("twibackup_set_timestamp_seconds", "The instant whose state the newest good set holds.", c => c.At?.ToUnixTimeSeconds());
        Each("twibackup_set_plain_bytes", "Bytes of the newest good set before sealing.", c => c.PlainBytes);
        Each("twibackup_set_stored_bytes", "Bytes of the newest good set in the store.", c => c.StoredBytes);
        Each("twibackup_set_duration_seconds", "How long the newest good set took.", c => c.DurationSeconds);
        Each("twibackup_sets", "Good sets or records in the store.", c => c.Count);
        Each("twibackup_proven_timestamp_seconds", "When a set was last proven by restoring it.", c => c.ProvenAt?.ToUnixTimeSeconds());
        Each("twibackup_restore_bytes", "Bytes to be read to restore the newest state.", c => c.RestoreBytes);
        Each("twibackup_restore_duration_seconds", "How long the last verified restore took.", c => c.RestoreSeconds);
        Each("twibackup_objective_seconds", "The most that the age may be.", c => c.ObjectiveSeconds);
        Each("twibackup_next_run_timestamp_seconds", "When the run after the newest is due.", c => c.NextRun?.ToUnixTimeSeconds());
        Each("twibackup_missed", "1 when the component is not as promised.", c => c.State == ComponentState.Missed ? 1 : 0);

        const string Age = "twibackup_recoverable_age_seconds";
        const string AgeHelp = "Age of the newest point that the database can be recovered to.";
        text.Add(Age, AgeHelp, AgeOf(status, status.Recoverable)?.TotalSeconds, system, ("store", "primary"));
        text.Add(Age, AgeHelp, AgeOf(status, status.Replica?.Recoverable)?.TotalSeconds, system, ("store", "replica"));
        const string Time = "twibackup_recoverable_timestamp_seconds";
        const string TimeHelp = "The newest point that the database can be recovered to.";
        text.Add(Time, TimeHelp, status.Recoverable?.Time.ToUnixTimeSeconds(), system, ("store", "primary"));
        text.Add(Time, TimeHelp, status.Replica?.Recoverable?.Time.ToUnixTimeSeconds(), system, ("store", "replica"));
        text.Add("twibackup_replica_missing_sets", "Sets of the primary store that are not whole in the replica.", status.Replica?.Missing.Count, system);
    }

    /// <summary>Records the status for whoever listens to <see cref="Telemetry"/>.</summary>
    public static void Record(SystemStatus status)
    {
        foreach (var c in status.Components)
        {
            Telemetry.Objective(c.Name, c.State == ComponentState.Missed);
            if (c is { AgeSeconds: { } age, PlainBytes: { } plain, StoredBytes: { } stored, DurationSeconds: { } took })
                Telemetry.Set(c.Name, TimeSpan.FromSeconds(age), plain, stored, TimeSpan.FromSeconds(took));
        }

        if (AgeOf(status, status.Recoverable) is { } primary)
            Telemetry.Recoverable("primary", primary);
        if (AgeOf(status, status.Replica?.Recoverable) is { } replica)
            Telemetry.Recoverable("replica", replica);
    }

    private static TimeSpan? AgeOf(SystemStatus status, RecoverablePoint? point) => status.At - point?.Time;
}
