using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Verification;

namespace TwiBackup.Status;

/// <summary>How fast a restore was when it was last measured, by a verification that restored for real.</summary>
/// <param name="BytesPerSecond">Of plaintext: files, and for a database the WAL that was replayed on them.</param>
/// <param name="MeasuredAt">When.</param>
public sealed record RestoreRate(double BytesPerSecond, DateTimeOffset MeasuredAt)
{
    /// <summary>The newest that was measured on one of these sets of a kind; null: none was.</summary>
    public static RestoreRate? Of(IReadOnlyList<BackupSet> sets, IReadOnlyList<VerificationRecord> records)
    {
        for (var i = records.Count - 1; i >= 0; i--)
        {
            if (records[i] is { RestoreSeconds: > 0 and var seconds } record
                && sets.FirstOrDefault(s => s.Manifest.Kind == record.Kind && s.Id == record.SetId) is { } set
                && BytesOf(set, Lsn.TryParse(record.ReachedLsn, out var reached) ? reached : null) is > 0 and var bytes)
                return new RestoreRate(bytes / seconds, record.CompletedAt);
        }

        return null;
    }

    /// <summary>Seconds that a restore of a set would take.</summary>
    /// <param name="reached">For a database: the LSN to replay to; null: the end of the set.</param>
    public double Expected(BackupSet set, Lsn? reached) => BytesOf(set, reached) / BytesPerSecond;

    private static long BytesOf(BackupSet set, Lsn? reached) => set.Manifest.PlainBytes
        + (set.Kind.IsPhysical() && reached is { } end && end > set.StopLsn ? (long)(end.Value - set.StopLsn.Value) : 0);
}
