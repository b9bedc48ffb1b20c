using Npgsql;
using TwiBackup.Catalog;
using TwiBackup.Postgres;

namespace TwiBackup.Database;

/// <summary>
/// Digests of every table that a backup must bring back: not materialized views (their contents are those of the restore's time),
/// not temporary tables, not what extensions own, and unlogged ones only where they are asked for (a dump has them, a physical backup has
/// not). Computed by the server; nothing but the sums travels.
/// </summary>
public static class TableDigests
{
    private const string Tables =
        """
        select format('%I.%I', n.nspname, c.relname)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind = 'r' and (c.relpersistence = 'p' or c.relpersistence = 'u' and $1)
          and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
          and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
        order by 1
        """;

    /// <summary>What the text of a row depends on beside the row, for the transaction.</summary>
    internal const string Pin =
        "set local timezone = 'UTC'; set local datestyle = 'ISO, YMD'; set local intervalstyle = 'postgres'; "
        + "set local extra_float_digits = 1; set local bytea_output = 'hex'; set local row_security = off; set local search_path = ''";

    /// <summary>The query of one table's rows and digest. <c>t.*</c>, because a column may be called t, too.</summary>
    internal static string Query(string table) =>
        $"select count(*), coalesce(sum(pg_catalog.hashtextextended((t.*)::text, 0)), 0)::text from only {table} t";

    /// <summary>Takes the digests of all tables, in one snapshot.</summary>
    /// <param name="connection">Open, without a transaction, as a role that may read every table.</param>
    /// <param name="snapshot">
    /// An exported snapshot (<c>pg_export_snapshot()</c>), e.g. the one a dump is taken in; null: the present.
    /// </param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<IReadOnlyList<TableDigest>> TakeAsync(
        NpgsqlConnection connection, string? snapshot = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(connection);
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellation);
        if (snapshot is not null) await connection.RunAsync($"set transaction snapshot {Sql.Text(snapshot)}", cancellation);
        return await TakeInTransactionAsync(connection, unlogged: false, cancellation);
    }

    /// <summary>The same in the transaction that the connection is in, whose settings it changes.</summary>
    /// <param name="connection">In a transaction whose snapshot holds.</param>
    /// <param name="unlogged">Whether unlogged tables count, too.</param>
    /// <param name="cancellation">Gives up.</param>
    internal static async Task<IReadOnlyList<TableDigest>> TakeInTransactionAsync(
        NpgsqlConnection connection, bool unlogged, CancellationToken cancellation)
    {
        await connection.RunAsync(Pin, cancellation);
        var digests = new List<TableDigest>();
        foreach (var table in await connection.ListAsync(Tables, row => row.GetString(0), cancellation, unlogged))
        {
            digests.AddRange(await connection.ListAsync(
                Query(table), row => new TableDigest(table, row.GetInt64(0), row.GetString(1)), cancellation));
        }

        return digests;
    }

    /// <summary>One comparison a table of either side: the same rows in both.</summary>
    public static IReadOnlyList<TableComparison> Compare(IReadOnlyList<TableDigest> expected, IReadOnlyList<TableDigest> actual)
    {
        var found = actual.ToDictionary(one => one.Table);
        var compared = expected.Select(one => Compare(one, found.GetValueOrDefault(one.Table))).ToList();
        compared.AddRange(actual.ExceptBy(expected.Select(one => one.Table), one => one.Table)
            .Select(one => new TableComparison(one.Table, false, $"{one.Rows} rows in a table that was not there")));
        return compared;
    }

    private static TableComparison Compare(TableDigest expected, TableDigest? actual)
    {
        var table = expected.Table;
        if (actual is null) return new TableComparison(table, false, $"the table is missing; it had {expected.Rows} rows");
        if (actual.Rows != expected.Rows) return new TableComparison(table, false, $"{actual.Rows} rows instead of {expected.Rows}");
        return actual.Digest == expected.Digest
            ? new TableComparison(table, true, $"{actual.Rows} rows, digest {actual.Digest}")
            : new TableComparison(table, false, $"{actual.Rows} rows as expected, but not the same ones");
    }
}
