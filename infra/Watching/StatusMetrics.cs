namespace TwiBackup.Infra.Watching;

/// <summary>
/// What <c>twibackup status --check --json</c> says, as metrics: its log line is one JSON object, and a filter takes numbers out of it.
/// </summary>
public static class StatusMetrics
{
    /// <summary>Bytes of WAL that the replication slot holds back on the server.</summary>
    public static readonly Metric SlotBytes = new("SlotRetainedBytes", "$.wal.slotRetainedBytes", "Bytes");

    /// <summary>Seconds since the newest instant to which the database could be recovered.</summary>
    public static readonly Metric RecoverableAge = new("RecoverableAge", "$.database.recoverableAgeSeconds", "Seconds");

    /// <summary>Seconds since the last rehearsal that met its objectives.</summary>
    public static readonly Metric RehearsalAge = new("RehearsalAge", "$.rehearsal.ageSeconds", "Seconds");

    public static IReadOnlyList<Metric> All { get; } = [SlotBytes, RecoverableAge, RehearsalAge];

    public static string Namespace(string system) => $"TwiBackup/{system}";

    /// <param name="Name">In CloudWatch.</param>
    /// <param name="Field">In the log line.</param>
    public sealed record Metric(string Name, string Field, string Unit);
}
