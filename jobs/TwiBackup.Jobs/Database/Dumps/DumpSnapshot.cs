using System.Globalization;
using Npgsql;
using TwiBackup.Catalog;
using TwiBackup.Postgres;

namespace TwiBackup.Database.Dumps;

/// <summary>
/// One database as it was at one instant: a transaction that has every table locked against changes of its definition, and then exports its
/// snapshot (<see href="https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-SNAPSHOT-SYNCHRONIZATION">pg_export_snapshot</see>)
/// for pg_dump. The locks come first: a table rewritten behind a snapshot's back looks empty in it.
/// </summary>
internal sealed class DumpSnapshot : IAsyncDisposable
{
    private const int MostAttempts = 5;

    private const string Tables =
        """
        select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and c.relpersistence <> 't' and n.nspname <> 'information_schema' and n.nspname !~ '^pg_' order by 1
        """;

    private const string Views =
        """
        select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind = 'm' and c.relispopulated and n.nspname !~ '^pg_' order by c.oid
        """;

    private readonly NpgsqlConnection session;

    private DumpSnapshot(NpgsqlConnection session, string id, DateTimeOffset time) => (this.session, Id, Time) = (session, id, time);

    /// <summary>For <c>pg_dump --snapshot</c>.</summary>
    public string Id { get; }

    /// <summary>The server's clock when it was taken.</summary>
    public DateTimeOffset Time { get; }

    /// <summary>Locks and exports. Throws one line that names who is in the way when a table can't be had in time.</summary>
    public static async Task<DumpSnapshot> TakeAsync(ConnectionSettings connection, TimeSpan lockTimeout, CancellationToken cancellationToken)
    {
        var session = await QueryConnection.OpenAsync(connection, cancellationToken);
        try
        {
            await session.RunAsync(SessionLimits.Lift, cancellationToken);
            await session.RunAsync(
                string.Create(CultureInfo.InvariantCulture, $"set lock_timeout = {(long)lockTimeout.TotalMilliseconds}"), cancellationToken);
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    return await TryTakeAsync(session, connection, lockTimeout, cancellationToken);
                }
                catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName && attempt < MostAttempts)
                {
                    // Dropped since it was listed.
                    await session.RunAsync("rollback", cancellationToken);
                }
            }
        }
        catch (NpgsqlException e)
        {
            await session.DisposeAsync();
            throw new TwiBackupException($"{connection} can't be dumped: {SqlText.Reason(e)}. "
                + (e.SqlState == PostgresErrorCodes.InsufficientPrivilege ? "Let the role read every table: grant pg_read_all_data to it." : "Look at the server's log."), e);
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>What the manifest says of the database, all of it from the snapshot. Reads every row.</summary>
    public async Task<DumpedDatabase> DescribeAsync(string name, string objectName, CancellationToken cancellationToken)
    {
        try
        {
            var extensions = await session.ListAsync(
                "select extname::text, extversion from pg_extension", row => (Name: row.GetString(0), Version: row.GetString(1)), cancellationToken);
            return new DumpedDatabase
            {
                Name = name,
                Object = objectName,
                SnapshotTime = Time,
                Extensions = new SortedDictionary<string, string>(extensions.ToDictionary(e => e.Name, e => e.Version), StringComparer.Ordinal),
                MaterializedViews = await session.ListAsync(Views, row => row.GetString(0), cancellationToken),
                Tables = await TableDigests.TakeInTransactionAsync(session, unlogged: true, cancellationToken),
            };
        }
        catch (NpgsqlException e)
        {
            throw new TwiBackupException($"The tables of {name} could not be read to their end: {SqlText.Reason(e)}. Look at the server's log; a damaged table can't be dumped.", e);
        }
    }

    private static async Task<DumpSnapshot> TryTakeAsync(
        NpgsqlConnection session, ConnectionSettings connection, TimeSpan lockTimeout, CancellationToken cancellationToken)
    {
        var tables = await session.ListAsync(Tables, row => row.GetString(0), cancellationToken);
        await session.RunAsync("begin isolation level repeatable read, read only", cancellationToken);
        foreach (var table in tables)
            await LockAsync(table);
        var (id, time) = (await session.ListAsync(
            "select pg_export_snapshot(), clock_timestamp()", row => (row.GetString(0), row.GetDateTime(1)), cancellationToken))[0];
        // Made since they were listed.
        foreach (var table in (await session.ListAsync(Tables, row => row.GetString(0), cancellationToken)).Except(tables))
            await LockAsync(table);
        return new DumpSnapshot(session, id, new DateTimeOffset(time, TimeSpan.Zero));

        async Task LockAsync(string table)
        {
            try
            {
                await session.RunAsync($"lock table only {table} in access share mode", cancellationToken);
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
            {
                throw new TwiBackupException($"Table {table} of {connection.Database} was locked for longer than {Progress.Sizes.Text(lockTimeout)}: "
                    + $"{await LockHolders.DescribeAsync(connection, table, cancellationToken)}. End it or wait, or raise backups.dump.lockTimeout.", e);
            }
        }
    }

    public ValueTask DisposeAsync() => session.DisposeAsync();
}
