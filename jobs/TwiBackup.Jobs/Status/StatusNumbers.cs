using TwiBackup.Wal;

namespace TwiBackup.Status;

/// <summary>
/// The status as one line of JSON without lists (<c>twibackup status --check --json</c>): what a filter of log lines, e.g. CloudWatch's,
/// can take numbers out of.
/// </summary>
public sealed record StatusNumbers
{
    public required string System { get; init; }

    /// <summary>good, missed or unknown.</summary>
    public required string State { get; init; }

    /// <summary>The line that <c>status --check</c> prints.</summary>
    public required string Verdict { get; init; }

    public required DatabaseNumbers Database { get; init; }

    public required WalNumbers Wal { get; init; }

    public required RehearsalNumbers Rehearsal { get; init; }

    /// <summary>Seconds since the instant that the newest of each component holds, by the component's name.</summary>
    public required IReadOnlyDictionary<string, double> AgeSeconds { get; init; }

    /// <param name="source">What the database said; null: it was not asked, or did not answer.</param>
    public static StatusNumbers Of(SystemStatus status, SourceServer? source)
    {
        ArgumentNullException.ThrowIfNull(status);
        return new StatusNumbers
        {
            System = status.System,
            State = status.State.ToString().ToLowerInvariant(),
            Verdict = StatusCheck.LineOf(status),
            Database = new DatabaseNumbers((status.At - status.Recoverable?.Time)?.TotalSeconds, (status.At - status.Replica?.Recoverable?.Time)?.TotalSeconds),
            Wal = new WalNumbers(source?.RetainedBytes, source?.Slot?.SafeWalSize),
            Rehearsal = new RehearsalNumbers(status.Components.FirstOrDefault(c => c.Name == "rehearsal")?.AgeSeconds),
            AgeSeconds = status.Components.Where(c => c.AgeSeconds is not null).ToDictionary(c => c.Name, c => c.AgeSeconds!.Value),
        };
    }

    /// <param name="RecoverableAgeSeconds">Since the newest instant that the database can be recovered to.</param>
    /// <param name="ReplicaRecoverableAgeSeconds">The same, from the replica.</param>
    public sealed record DatabaseNumbers(double? RecoverableAgeSeconds, double? ReplicaRecoverableAgeSeconds);

    /// <param name="SlotRetainedBytes">WAL that the replication slot holds back on the server.</param>
    /// <param name="SlotSafeBytes">WAL that may still be written before the server gives the slot up (max_slot_wal_keep_size).</param>
    public sealed record WalNumbers(long? SlotRetainedBytes, long? SlotSafeBytes);

    /// <param name="AgeSeconds">Since the last rehearsal.</param>
    public sealed record RehearsalNumbers(double? AgeSeconds);
}
