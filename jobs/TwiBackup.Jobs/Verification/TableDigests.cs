using Npgsql;
using TwiBackup.Postgres;

namespace TwiBackup.Verification;

/// <summary>
/// Digests of every table that a backup must bring back: not materialized views (their contents are those of the restore's time),
/// not unlogged or temporary tables, not what extensions own. Computed by the server; nothing but the sums travels.
/// </summary>
public static class TableDigests
{
    private const string Tables =
        """
        select format('%I.%I', n.nspname, c.relname)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind = 'r' and c.relpersistence = 'p' and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
          and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
        order by 1
        """;

    // What the text of a row depends on beside the row.
    private const string Pin =
        "set local timezone = 'UTC'; set local datestyle = 'ISO, YMD'; set local intervalstyle = 'postgres'; "
        + "set local extra_float_digits = 1; set local bytea_output = 'hex'; set local row_security = off; set local search_path = ''";

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
        await connection.RunAsync(Pin, cancellation);
        var digests = new List<TableDigest>();
        foreach (var table in await connection.ListAsync(Tables, row => row.GetString(0), cancellation))
        {
            digests.AddRange(await connection.ListAsync(
                $"select count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text from {table} t",
                row => new TableDigest(table, row.GetInt64(0), row.GetString(1)),
                cancellation));
        }

        return digests;
    }

    /// <summary>One check a table of either side: the same rows in both.</summary>
    public static IReadOnlyList<Check> Compare(IReadOnlyList<TableDigest> expected, IReadOnlyList<TableDigest> actual)
    {
        var found = actual.ToDictionary(one => one.Table);
        var checks = expected.Select(one => Compare(one, found.GetValueOrDefault(one.Table))).ToList();
        checks.AddRange(actual.ExceptBy(expected.Select(one => one.Table), one => one.Table)
            .Select(one => new Check($"rows of {one.Table}", false, $"{one.Rows} rows in a table that was not there")));
        return checks;
    }

    private static Check Compare(TableDigest expected, TableDigest? actual)
    {
        var name = $"rows of {expected.Table}";
        if (actual is null) return new Check(name, false, $"the table is missing; it had {expected.Rows} rows");
        if (actual.Rows != expected.Rows) return new Check(name, false, $"{actual.Rows} rows instead of {expected.Rows}");
        return actual.Digest == expected.Digest
            ? new Check(name, true, $"{actual.Rows} rows, digest {actual.Digest}")
            : new Check(name, false, $"{actual.Rows} rows as expected, but not the same ones");
    }
}
