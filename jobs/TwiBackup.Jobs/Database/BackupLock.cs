using TwiBackup.Postgres;
using TwiBackup.Postgres.Replication;

namespace TwiBackup.Database;

/// <summary>
/// One full backup at a time: the temporary slot's fixed name is the lock. It lives in the server, which frees it with the connection,
/// so that no dead job can hold it and the store needs no lock objects (a writer that can't delete could never release one).
/// </summary>
internal static class BackupLock
{
    private const string DuplicateObject = "42710";

    /// <summary>Makes the slot on <paramref name="replication"/>, or throws saying who has it.</summary>
    public static async Task TakeAsync(
        ReplicationConnection replication, ConnectionSettings connection, string slot, CancellationToken cancellationToken)
    {
        try
        {
            await replication.CreateSlotAsync(slot, temporary: true, cancellationToken);
        }
        catch (PostgresErrorException e) when (e.SqlState == DuplicateObject)
        {
            throw new TwiBackupException($"Another full backup of {connection} runs: {await HolderAsync(connection, slot, cancellationToken)}. Wait for it, or end it.", e);
        }
    }

    private static async Task<string> HolderAsync(ConnectionSettings connection, string slot, CancellationToken cancellationToken)
    {
        await using var session = await QueryConnection.OpenAsync(connection, cancellationToken);
        var holders = await session.ListAsync(
            "select s.active_pid, a.application_name, coalesce(host(a.client_addr), 'this machine'), a.backend_start"
            + " from pg_replication_slots s left join pg_stat_activity a on a.pid = s.active_pid where s.slot_name = $1",
            row => row.IsDBNull(0)
                ? $"its slot {slot} exists without a holder"
                : $"process {row.GetInt32(0)} on the server ({row.GetString(1)} from {row.GetString(2)}, since {row.GetDateTime(3):u}) holds the slot {slot}",
            cancellationToken,
            slot);
        return holders.Count > 0 ? holders[0] : "it has just ended";
    }
}
