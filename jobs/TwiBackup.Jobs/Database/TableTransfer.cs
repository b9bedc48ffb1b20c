using System.Text;
using TwiBackup.Postgres;

namespace TwiBackup.Database;

/// <summary>
/// Brings tables from a database restored beside into the live one: definition, rows, indexes, owner, and the sequences that their
/// defaults use, also those they do not own (pg_dump -t leaves them out).
/// </summary>
public static class TableTransfer
{
    /// <summary>Copies one table that is missing. See <see cref="CopyAsync(PostgresInstallation, ServerAccount?, ConnectionSettings, ConnectionSettings, IReadOnlyList{TableCopy}, CancellationToken)"/>.</summary>
    public static Task CopyAsync(
        PostgresInstallation installation, ServerAccount account, ConnectionSettings from, ConnectionSettings to, string table, CancellationToken cancellationToken) =>
        CopyAsync(installation, account, from, to, [new TableCopy(table)], cancellationToken);

    /// <summary>
    /// Copies in one transaction of the live database, which is committed only when pg_dump has ended well and every row is there: it has
    /// the whole tables afterwards, or is as it was.
    /// </summary>
    /// <param name="installation">Whose pg_dump and psql are used.</param>
    /// <param name="account">As whom they run; null: as ourselves.</param>
    /// <param name="from">The restored database.</param>
    /// <param name="to">The live database, as a superuser or the owner.</param>
    /// <param name="tables">What is copied.</param>
    /// <param name="cancellationToken">Gives up; the live database is unchanged then.</param>
    /// <exception cref="TwiBackupException">
    /// A table is not there, exists in the live database and may not be moved aside, or a tool failed.
    /// </exception>
    public static async Task CopyAsync(
        PostgresInstallation installation, ServerAccount? account, ConnectionSettings from, ConnectionSettings to, IReadOnlyList<TableCopy> tables,
        CancellationToken cancellationToken)
    {
        var before = await PrepareAsync(to, tables, cancellationToken);
        var objects = new List<string>(tables.Select(t => t.Table));
        foreach (var table in tables)
            objects.AddRange(await MissingSequencesAsync(from, to, table.Table, cancellationToken));
        var what = string.Join(", ", tables.Select(t => t.Table));

        using var source = ToolEnvironment.For(from, account);
        using var target = ToolEnvironment.For(to, account);
        await using var dump = ChildProcess.Start(new ChildProcessOptions
        {
            Program = installation.Tool("pg_dump"),
            Arguments = ["--no-password", "--no-tablespaces", .. objects.Distinct(StringComparer.Ordinal).SelectMany(o => (string[])["-t", o])],
            Account = account,
            Environment = source.Variables,
        });
        await using var load = ChildProcess.Start(new ChildProcessOptions
        {
            Program = installation.Tool("psql"),
            Arguments = ["-X", "-q", "--no-password", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null"],
            Account = account,
            Environment = target.Variables,
            Input = new ScriptStream(before, dump.StandardOutput, CommitAsync),
        });
        var loaded = await load.WaitAsync(cancellationToken);
        loaded.ThrowIfToolFailed($"Loading {what}", "The live database is unchanged.");

        // The end of its output alone says nothing: half a table ends, too.
        async Task<string> CommitAsync(CancellationToken stop)
        {
            (await dump.WaitAsync(stop)).ThrowIfToolFailed($"pg_dump of {what}", "The live database is unchanged.");
            return string.Concat(tables.Select(Proof)) + "\ncommit;\n";
        }
    }

    /// <summary>The beginning of the transaction: what has a table's name goes aside, with its indexes and sequences.</summary>
    private static async Task<string> PrepareAsync(ConnectionSettings to, IReadOnlyList<TableCopy> tables, CancellationToken cancellationToken)
    {
        await using var live = await QueryConnection.OpenAsync(to, cancellationToken);
        var script = new StringBuilder("begin;\n");
        foreach (var table in tables)
        {
            if (await live.AskAsync<bool>("select to_regclass($1) is null", cancellationToken, table.Table))
                continue;
            if (table.AsideSchema is not { } schema)
                throw new TwiBackupException(ExitCode.WrongUse, $"{to.Database} has a table {table.Table} already, and nothing is restored over it. Rename it first.");
            script.Append("create schema if not exists ").Append(Sql.Name(schema)).Append(";\nalter table ").Append(table.Table)
                .Append(" set schema ").Append(Sql.Name(schema)).Append(";\n");
        }

        return script.ToString();
    }

    /// <summary>Raises an error unless a table holds what it must.</summary>
    private static string Proof(TableCopy table)
    {
        if (table.Expected is not { } expected)
            return "";
        var body = FormattableString.Invariant(
            $"""
            declare rows bigint; digest text;
            begin
                execute {Sql.Text(TableDigests.Query(table.Table))} into rows, digest;
                if rows <> {expected.Rows} or digest <> {Sql.Text(expected.Digest)} then
                    raise exception using message = rows || {Sql.Text($" rows of {table.Table} came, and not those that were dumped ({expected.Rows})")};
                end if;
            end
            """);
        return $"\n{TableDigests.Pin};\ndo {Sql.Text(body)};\n";
    }

    /// <summary>Sequences that the table's defaults use and that neither the dump of the table brings nor the live database has.</summary>
    private static async Task<IReadOnlyList<string>> MissingSequencesAsync(
        ConnectionSettings from, ConnectionSettings to, string table, CancellationToken cancellationToken)
    {
        await using var restored = await QueryConnection.OpenAsync(from, cancellationToken);
        var used = await restored.ListAsync(
            """
            select format('%I.%I', n.nspname, s.relname)
            from pg_attrdef a
            join pg_depend d on d.classid = 'pg_attrdef'::regclass and d.objid = a.oid and d.refclassid = 'pg_class'::regclass
            join pg_class s on s.oid = d.refobjid and s.relkind = 'S'
            join pg_namespace n on n.oid = s.relnamespace
            where a.adrelid = to_regclass($1)
              and not exists (select from pg_depend o where o.objid = s.oid and o.refobjid = a.adrelid and o.deptype in ('a', 'i'))
            """,
            row => row.GetString(0),
            cancellationToken,
            table);
        await using var live = await QueryConnection.OpenAsync(to, cancellationToken);
        var missing = new List<string>();
        foreach (var sequence in used)
        {
            if (await live.AskAsync<bool>("select to_regclass($1) is null", cancellationToken, sequence))
                missing.Add(sequence);
        }

        return missing;
    }
}
