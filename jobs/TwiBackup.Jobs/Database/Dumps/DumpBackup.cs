using Npgsql;
using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Sealing;

namespace TwiBackup.Database.Dumps;

/// <summary>
/// Takes a logical dump: the server's roles, and one archive a database, sealed and stored while pg_dump writes it. Rows and digests of
/// every table, counted in the snapshot that pg_dump reads, go into the manifest: a restore is proven by them.
/// </summary>
/// <param name="catalog">Where the set goes.</param>
/// <param name="connection">A role that can read every table.</param>
/// <param name="findTools">The installation whose pg_dump reads a server of a major version.</param>
/// <param name="options">What is dumped and how.</param>
/// <param name="clock">For the set's times.</param>
/// <param name="progress">Told what is done.</param>
public sealed class DumpBackup(
    SetCatalog catalog, ConnectionSettings connection, Func<int, PostgresInstallation> findTools, DumpBackupOptions options, TimeProvider clock,
    IProgressReporter progress)
{
    /// <summary>Takes the dump and returns the committed set.</summary>
    /// <exception cref="TwiBackupException">
    /// Nothing was committed: a database is missing, a table is locked, pg_dump failed or is older than the server, another dump runs, or
    /// the store failed.
    /// </exception>
    public async Task<BackupSet> RunAsync(CancellationToken cancellationToken)
    {
        var facts = await ServerFacts.ReadAsync(connection, cancellationToken);
        var tools = findTools(facts.Major);
        if (tools.Major < facts.Major)
            throw new TwiBackupException($"pg_dump {tools.Version} in {tools.BinDirectory} is older than the server ({facts.Version}) and refuses it. Install the package postgresql-client-{facts.Major}.");
        var databases = Choose(facts);
        foreach (var tablespace in facts.Tablespaces.Keys)
            progress.Warn($"What lies in tablespace {tablespace} will be restored into the default one.");

        await using var alone = await DumpLock.TakeAsync(connection, catalog.System, cancellationToken);
        var set = await SetWriter.BeginAsync(catalog, SetKind.Dump, clock, cancellationToken);
        var (passwords, roles) = await DumpRolesAsync(set, tools, cancellationToken);
        var dumped = new List<DumpedDatabase>();
        foreach (var database in databases)
            dumped.Add(await DumpAsync(set, tools, database, facts, cancellationToken));

        var source = await ManifestFacts.ReadAsync(connection, facts, cancellationToken);
        return await set.CommitAsync(
            options.Keep,
            m => m with
            {
                Database = source,
                Dump = new DumpFacts { ToolVersion = tools.Version.ToString(), RolePasswords = passwords, Roles = roles, Databases = dumped },
            },
            cancellationToken);
    }

    /// <summary>The databases that are asked for, each once; throws when one can't be dumped.</summary>
    private List<string> Choose(ServerFacts facts)
    {
        List<string> chosen = options.Databases.Count == 0 ? [connection.Database] : [.. options.Databases.Distinct(StringComparer.Ordinal)];
        foreach (var name in chosen)
        {
            var found = facts.Databases.FirstOrDefault(d => d.Name == name)
                ?? throw new TwiBackupException(ExitCode.WrongUse, $"{connection} has no database \"{name}\"; it has {string.Join(", ", facts.Databases.Select(d => $"\"{d.Name}\""))}. Name those to dump in database.databases.");
            if (found.Extensions is null)
                throw new TwiBackupException($"{connection.User} may not connect to database \"{name}\" of {connection.Host}, so it can't be dumped. Run: GRANT CONNECT ON DATABASE {Sql.Name(name)} TO {Sql.Name(connection.User)}; and look at pg_hba.conf.");
        }

        return chosen;
    }

    private async Task<(bool Passwords, IReadOnlyList<string> Roles)> DumpRolesAsync(SetWriter set, PostgresInstallation tools, CancellationToken cancellationToken)
    {
        progress.Stage("roles");
        await using var session = await QueryConnection.OpenAsync(connection, cancellationToken);
        var passwords = await session.AskAsync<bool>("select has_table_privilege('pg_catalog.pg_authid', 'select')", cancellationToken);
        var roles = await session.ListAsync("select rolname::text from pg_roles where rolname !~ '^pg_' order by 1", row => row.GetString(0), cancellationToken);
        if (!passwords)
            progress.Warn($"{connection.User} may not read password hashes (a superuser may, or a member of pg_read_all_data): the dump holds the roles without passwords. After a restore into a new server set them: ALTER ROLE … PASSWORD ….");
        await using var target = await set.CreateObjectAsync(DumpNames.Globals, new SealOptions(options.Level, HashPlaintext: false), cancellationToken);
        await new DumpTool(tools, connection, progress).WriteGlobalsAsync(passwords, target, cancellationToken);
        return (passwords, roles);
    }

    private async Task<DumpedDatabase> DumpAsync(SetWriter set, PostgresInstallation tools, string database, ServerFacts facts, CancellationToken cancellationToken)
    {
        // The archive holds rows, not indexes: it is smaller than the database, and how much nobody knows before.
        progress.Stage($"dump of {database}", facts.Databases.First(d => d.Name == database).Bytes);
        var to = connection with { Database = database };
        await using var snapshot = await DumpSnapshot.TakeAsync(to, options.LockTimeout, cancellationToken);
        var name = DumpNames.ObjectOf(database);
        using var together = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var counting = snapshot.DescribeAsync(database, name, together.Token);
        var writing = WriteAsync();
        try
        {
            // Whichever fails first ends the other.
            await await Task.WhenAny(counting, writing);
            await Task.WhenAll(counting, writing);
        }
        finally
        {
            await together.CancelAsync();
            await Task.WhenAll(counting, writing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return await counting;

        async Task WriteAsync()
        {
            await using var target = await set.CreateObjectAsync(name, new SealOptions(options.Level, options.Workers, HashPlaintext: false), together.Token);
            await new DumpTool(tools, connection, progress).WriteDatabaseAsync(database, snapshot, options.LockTimeout, target, together.Token);
        }
    }
}
