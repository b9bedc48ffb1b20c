using Npgsql;
using TwiBackup.Postgres;

namespace TwiBackup.Database.Dumps;

/// <summary>
/// One dump of a system at a time: an advisory lock, which needs no rights and which the server frees with the connection, however that
/// ends. It lies in the connection's own database, the same for all jobs of a policy.
/// </summary>
internal sealed class DumpLock : IAsyncDisposable
{
    private readonly NpgsqlConnection session;

    private DumpLock(NpgsqlConnection session) => this.session = session;

    /// <summary>Takes the lock, or throws saying who has it.</summary>
    public static async Task<DumpLock> TakeAsync(ConnectionSettings connection, string system, CancellationToken cancellationToken)
    {
        var session = await QueryConnection.OpenAsync(connection, cancellationToken);
        try
        {
            await session.RunAsync(SessionLimits.Lift, cancellationToken);
            var name = $"twibackup dump {system}";
            if (await session.AskAsync<bool>("select pg_try_advisory_lock(hashtextextended($1, 0))", cancellationToken, name))
                return new DumpLock(session);
            throw new TwiBackupException($"Another dump of {connection} runs: {await HolderAsync(session, name, cancellationToken)}. Wait for it, or end it.");
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    private static async Task<string> HolderAsync(NpgsqlConnection session, string name, CancellationToken cancellationToken)
    {
        var holders = await session.ListAsync(
            """
            select l.pid, coalesce(a.application_name, ''), coalesce(host(a.client_addr), 'this machine'), coalesce(a.backend_start, now())
            from pg_locks l left join pg_stat_activity a on a.pid = l.pid
            where l.locktype = 'advisory' and l.granted and l.objsubid = 1
              and l.database = (select oid from pg_database where datname = current_database())
              and l.classid::bigint = hashtextextended($1, 0) >> 32 & 4294967295 and l.objid::bigint = hashtextextended($1, 0) & 4294967295
            """,
            row => $"process {row.GetInt32(0)} on the server ({row.GetString(1)} from {row.GetString(2)}, since {row.GetDateTime(3):u})",
            cancellationToken,
            name);
        return holders.Count > 0 ? holders[0] : "it has just ended";
    }

    public ValueTask DisposeAsync() => session.DisposeAsync();
}
