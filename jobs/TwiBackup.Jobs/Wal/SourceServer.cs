using System.Globalization;
using Npgsql;
using TwiBackup.Postgres;

namespace TwiBackup.Wal;

/// <summary>What the receiver has to know of its server by SQL.</summary>
/// <param name="IsStandby">Whether it is in recovery.</param>
/// <param name="SynchronousStandbyNames">The setting.</param>
/// <param name="SenderTimeout">wal_sender_timeout; zero when it is off.</param>
/// <param name="Slot">The slot asked for, or null when it is missing.</param>
/// <param name="Written">The end of its WAL; null when it is a standby.</param>
public sealed record SourceServer(bool IsStandby, string SynchronousStandbyNames, TimeSpan SenderTimeout, SlotState? Slot, Lsn? Written)
{
    /// <summary>Bytes of WAL that the slot holds back on the server's disk; null when there is none, or it reserves nothing.</summary>
    public long? RetainedBytes => Slot?.RestartLsn is { } kept && Written is { } end ? (long)(end - kept) : null;

    /// <summary>Connects and asks. Throws <see cref="TwiBackupException"/> when that fails.</summary>
    public static async Task<SourceServer> AskAsync(ConnectionSettings settings, string slot, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(settings, cancellationToken);
        await using var command = new NpgsqlCommand(
            """
            select pg_is_in_recovery(), current_setting('synchronous_standby_names'),
                   (select setting from pg_settings where name = 'wal_sender_timeout'),
                   s.slot_type, s.active, s.active_pid, s.restart_lsn::text, s.wal_status, s.safe_wal_size,
                   case when not pg_is_in_recovery() then pg_current_wal_lsn()::text end
            from (select) as nothing left join pg_replication_slots s on s.slot_name = $1
            """,
            connection);
        command.Parameters.AddWithValue(slot);
        try
        {
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            await row.ReadAsync(cancellationToken);
            var timeout = TimeSpan.FromMilliseconds(int.Parse(row.GetString(2), CultureInfo.InvariantCulture));
            return new SourceServer(
                row.GetBoolean(0), row.GetString(1), timeout, row.IsDBNull(3) ? null : ReadSlot(row),
                row.IsDBNull(9) ? null : Lsn.Parse(row.GetString(9)));
        }
        catch (NpgsqlException failure)
        {
            throw Failed(settings, failure);
        }
    }

    /// <summary>Drops a slot that lost its WAL. Nothing when it is missing.</summary>
    public static async Task DropSlotAsync(ConnectionSettings settings, string slot, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(settings, cancellationToken);
        await using var command = new NpgsqlCommand(
            "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = $1", connection);
        command.Parameters.AddWithValue(slot);
        try
        {
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (NpgsqlException failure)
        {
            throw Failed(settings, failure);
        }
    }

    /// <summary>
    /// An SQL connection under another name than the receiver's: a matching synchronous_standby_names must not see two of them.
    /// </summary>
    internal static Task<NpgsqlConnection> OpenAsync(ConnectionSettings settings, CancellationToken cancellationToken) =>
        QueryConnection.OpenAsync(settings with { ApplicationName = "twibackup_sql" }, cancellationToken);

    internal static TwiBackupException Failed(ConnectionSettings settings, Exception cause) => cause is PostgresException said
        ? new Postgres.Replication.PostgresErrorException(said.SqlState, said.MessageText)
        : new TwiBackupException($"PostgreSQL at {settings} can't be asked: {cause.Message} See that it runs and lets this role in.", cause);

    private static SlotState ReadSlot(NpgsqlDataReader row) => new(
        row.GetString(3) == "physical",
        row.GetBoolean(4),
        row.IsDBNull(5) ? 0 : row.GetInt32(5),
        row.IsDBNull(6) ? null : Lsn.Parse(row.GetString(6)),
        row.IsDBNull(7) ? "" : row.GetString(7),
        row.IsDBNull(8) ? null : row.GetInt64(8));
}
