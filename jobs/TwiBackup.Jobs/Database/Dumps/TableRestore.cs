using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Progress;

namespace TwiBackup.Database.Dumps;

/// <summary>
/// Brings single tables of a dump back into the live database, which goes on being used: the dump's database is restored beside and proven,
/// the tables go over in one transaction, with the sequences that their defaults use, and the database beside is dropped.
/// </summary>
internal sealed class TableRestore(
    SetCatalog catalog, BackupSet set, ConnectionSettings target, Func<int, PostgresInstallation> findTools, DumpRestoreOptions options, string runId,
    IProgressReporter progress)
{
    /// <summary>Restores the tables.</summary>
    public async Task<DumpRestoreResult> RunAsync(CancellationToken cancellationToken)
    {
        var facts = DumpSet.Facts(catalog, set);
        var chosen = DumpSet.Choose(set, options.Databases);
        if (chosen.Count != 1)
            throw new TwiBackupException(ExitCode.WrongUse, $"{set.Kind.Name()}/{set.Id} holds the databases {string.Join(", ", chosen.Select(d => d.Name))}. Say with --database whose tables are meant.");
        var source = chosen[0];
        var live = target with { Database = options.As ?? source.Name };
        await using var server = await DumpTarget.OpenAsync(target, [], cancellationToken);
        if (!await server.HasAsync(live.Database, cancellationToken))
            throw new TwiBackupException(ExitCode.WrongUse, $"{target.Host} has no database \"{live.Database}\" to bring tables back into. Restore it whole, without --table.");
        await server.RequireFitAsync(set, chosen, cancellationToken);
        var tables = await ResolveAsync(live, source, cancellationToken);

        var tools = findTools(int.Parse(facts.ToolVersion.Split('.')[0], System.Globalization.CultureInfo.InvariantCulture));
        var beside = await DatabaseBeside.RestoreAsync(
            catalog, set, source, tools, server.Session, target with { Database = DumpNames.Beside(runId, 1) }, progress, cancellationToken);
        try
        {
            progress.Stage("tables");
            await TableTransfer.CopyAsync(tools, account: null, beside.Connection, live, [.. tables.Select(t => t.Copy)], cancellationToken);
            var restored = new List<RestoredTable>();
            foreach (var (copy, isTaken) in tables)
            {
                var missing = await TableReferences.MissingKeysAsync(beside.Connection, live, copy.Table, cancellationToken);
                restored.Add(new RestoredTable(copy.Table, copy.Expected!.Rows, isTaken ? $"schema {DumpNames.AsideSchema(runId)}" : null, missing));
            }

            return new DumpRestoreResult(set, null, [], restored);
        }
        finally
        {
            await beside.TryDropAsync(progress);
        }
    }

    /// <summary>What is asked for, as the manifest names it; throws when the dump lacks one, or it may not be replaced.</summary>
    private async Task<IReadOnlyList<(TableCopy Copy, bool IsTaken)>> ResolveAsync(ConnectionSettings live, DumpedDatabase source, CancellationToken cancellationToken)
    {
        var found = new List<(TableCopy, bool)>();
        await using var session = await QueryConnection.OpenAsync(live, cancellationToken);
        foreach (var name in options.Tables.Distinct(StringComparer.Ordinal))
        {
            var table = Find(source, name);
            var isTaken = await session.AskAsync<bool>("select to_regclass($1) is not null", cancellationToken, table.Table);
            if (isTaken && !options.Replace)
                throw new TwiBackupException(ExitCode.WrongUse, $"{live.Database} has a table {table.Table} already, and nothing is restored over it. Add --replace: it is moved into a schema of its own and kept.");
            if (isTaken && await TableReferences.DependentsAsync(live, table.Table, cancellationToken) is { Count: > 0 } dependents)
                throw new TwiBackupException(ExitCode.WrongUse, $"Table {table.Table} can't be moved aside, because what depends on it would go with the old one: {string.Join(", ", dependents.Take(10))}. Restore the database beside with --as NAME, and copy the rows.");
            found.Add((new TableCopy(table.Table) { Expected = table, AsideSchema = isTaken ? DumpNames.AsideSchema(runId) : null }, isTaken));
        }

        return found;
    }

    /// <summary>By its name as SQL writes it; quotes and the schema public may be left out.</summary>
    private TableDigest Find(DumpedDatabase source, string name)
    {
        string[] forms = [name, $"public.{name}", Quoted(name), Quoted($"public.{name}")];
        return source.Tables.FirstOrDefault(t => forms.Contains(t.Table))
            ?? throw new TwiBackupException(ExitCode.WrongUse, $"{set.Kind.Name()}/{set.Id} holds no table {name} of {source.Name}. It has {string.Join(", ", source.Tables.Take(20).Select(t => t.Table))}{(source.Tables.Count > 20 ? ", …" : "")}.");
    }

    /// <summary><c>public.Server Settings</c> as <c>public."Server Settings"</c>.</summary>
    private static string Quoted(string name) =>
        name.IndexOf('.', StringComparison.Ordinal) is var dot and > 0 ? $"{name[..dot]}.{Sql.Name(name[(dot + 1)..])}" : name;
}
