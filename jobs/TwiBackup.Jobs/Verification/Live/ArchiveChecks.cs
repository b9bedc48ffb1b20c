using Npgsql;
using TwiBackup.Policy;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Wal;

namespace TwiBackup.Verification.Live;

/// <summary>Whether the server's WAL leaves it: through the receiver's slot, and through archive_command where that is on.</summary>
internal sealed class ArchiveChecks(LiveDatabase database, BackupPolicy policy, TimeProvider clock)
{
    /// <summary>A receiver says every few seconds how far it is.</summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(1);

    public IEnumerable<SystemCheck> All()
    {
        yield return policy.Database.Mode == DatabaseMode.Dump ? SystemCheck.NotConfigured("archive/slot", "physical replication (database.mode is dump)")
            : policy.Backups.Incremental is null ? SystemCheck.NotConfigured("archive/slot", "backups.incremental")
            : new("archive/slot", CheckSlotAsync);
        yield return new("archive/archiver", CheckArchiverAsync);
    }

    private async Task<Answer> CheckSlotAsync(CancellationToken cancellationToken)
    {
        var name = policy.Database.Slot;
        var source = await SourceServer.AskAsync(database.Settings, name, cancellationToken);
        if (source.Slot is not { } slot)
            return Answer.Bad($"there is no slot {name}, so WAL is kept for nobody: is the receiver up? twibackup wal receive");
        if (slot.WalStatus is "lost" or "unreserved")
            return Answer.Bad($"slot {name} is {slot.WalStatus}: WAL is gone or about to go. The receiver must run, and a full be taken");
        if (!slot.IsActive)
            return Answer.Bad($"nobody receives from slot {name}, and WAL piles up on the server: twibackup wal receive");

        var connection = await database.OpenAsync(cancellationToken);
        var seen = await connection.ListAsync(
            "select extract(epoch from clock_timestamp() - reply_time)::float8, (pg_current_wal_flush_lsn() - coalesce(flush_lsn, '0/0'))::bigint from pg_stat_replication where pid = $1",
            row => (Silence: row.IsDBNull(0) ? (double?)null : row.GetDouble(0), Behind: row.IsDBNull(1) ? 0 : row.GetInt64(1)),
            cancellationToken, slot.ActiveProcess);
        if (seen is not [{ Silence: { } seconds } receiver])
            return Answer.Bad($"slot {name} is in use, and this role may not see by whom: grant pg_monitor to {database.Settings.User}");
        return Answer.Of(
            seconds <= LongestSilence.TotalSeconds,
            $"the receiver of slot {name} answered {Sizes.Text(TimeSpan.FromSeconds(Math.Max(seconds, 0)))} ago, {Sizes.Text(receiver.Behind)} behind",
            $"the receiver of slot {name} has said nothing for {Sizes.Text(TimeSpan.FromSeconds(seconds))}: it hangs, or the store does");
    }

    private async Task<Answer> CheckArchiverAsync(CancellationToken cancellationToken)
    {
        var connection = await database.OpenAsync(cancellationToken);
        if (await connection.AskAsync<string>("select current_setting('archive_mode')", cancellationToken) == "off")
            return Answer.NotAsked("archive_mode is off");
        var (archived, failed, wal) = await ReadAsync(connection, cancellationToken);
        if (failed > archived || (failed is not null && archived is null))
            return Answer.Bad($"archive_command failed on {wal} at {failed:u}, and nothing was archived since; the server's log says why");
        return Answer.Good(archived is { } last ? $"archived {Sizes.Text(clock.GetUtcNow() - last)} ago" : "nothing was archived yet, and nothing failed");
    }

    private static async Task<(DateTimeOffset? Archived, DateTimeOffset? Failed, string Wal)> ReadAsync(
        NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var rows = await connection.ListAsync(
            "select last_archived_time, last_failed_time, coalesce(last_failed_wal, '') from pg_stat_archiver",
            row => (Time(row, 0), Time(row, 1), row.GetString(2)), cancellationToken);
        return rows[0];
    }

    private static DateTimeOffset? Time(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : new DateTimeOffset(DateTime.SpecifyKind(row.GetDateTime(column), DateTimeKind.Utc), TimeSpan.Zero);
}
