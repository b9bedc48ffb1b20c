using System.Globalization;
using TwiBackup.Postgres;

namespace TwiBackup.Database;

/// <summary>
/// Brings one table from a database restored beside into the live one, where it is missing: definition, rows, indexes, owner, and the
/// sequences that its defaults use, also those it does not own (pg_dump -t leaves them out).
/// </summary>
public static class TableTransfer
{
    /// <summary>Copies in one transaction of the live database: it has the whole table afterwards, or nothing.</summary>
    /// <param name="installation">Whose pg_dump and psql are used.</param>
    /// <param name="account">As whom they run.</param>
    /// <param name="from">The restored database.</param>
    /// <param name="to">The live database, as a superuser or the owner.</param>
    /// <param name="table">schema.table, quoted where needed.</param>
    /// <param name="cancellationToken">Gives up; the live database is unchanged then.</param>
    /// <exception cref="TwiBackupException">The table is not there, exists in the live database, or a tool failed.</exception>
    public static async Task CopyAsync(
        PostgresInstallation installation, ServerAccount account, ConnectionSettings from, ConnectionSettings to, string table, CancellationToken cancellationToken)
    {
        await RequireAbsentAsync(to, table, cancellationToken);
        var sequences = await MissingSequencesAsync(from, to, table, cancellationToken);
        await using var dump = ChildProcess.Start(new ChildProcessOptions
        {
            Program = installation.Tool("pg_dump"),
            Arguments =
            [
                "-h", from.Host, "-p", from.Port.ToString(CultureInfo.InvariantCulture), "-U", from.User, "-d", from.Database,
                "-t", table, .. sequences.SelectMany(s => (string[])["-t", s]),
            ],
            Account = account,
        });
        using var password = PassFile(to, account);
        await using var load = ChildProcess.Start(new ChildProcessOptions
        {
            Program = installation.Tool("psql"),
            Arguments =
            [
                "-X", "-q", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null",
                "-h", to.Host, "-p", to.Port.ToString(CultureInfo.InvariantCulture), "-U", to.User, "-d", to.Database,
            ],
            Account = account,
            Environment = new Dictionary<string, string?> { ["PGPASSFILE"] = password?.Path },
            Input = new WholeDump(dump, cancellationToken),
        });
        var loaded = await load.WaitAsync(cancellationToken);
        var dumped = await dump.WaitAsync(cancellationToken);
        dumped.ThrowIfFailed($"pg_dump of {table}", "The live database is unchanged.");
        loaded.ThrowIfFailed($"Loading {table}", "The live database is unchanged.");
    }

    private static async Task RequireAbsentAsync(ConnectionSettings to, string table, CancellationToken cancellationToken)
    {
        await using var live = await QueryConnection.OpenAsync(to, cancellationToken);
        if (!await live.AskAsync<bool>("select to_regclass($1) is null", cancellationToken, table))
            throw new TwiBackupException(ExitCode.WrongUse, $"{to.Database} has a table {table} already, and nothing is restored over it. Rename it first.");
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

    /// <summary>A passfile with one line for this server; null where no password is needed.</summary>
    private static SecretFile? PassFile(ConnectionSettings to, ServerAccount account)
    {
        static string Escape(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(":", "\\:", StringComparison.Ordinal);
        return to.Password is null ? null : new SecretFile($"{Escape(to.Host)}:{to.Port}:*:{Escape(to.User)}:{Escape(to.Password)}\n", account);
    }
}
