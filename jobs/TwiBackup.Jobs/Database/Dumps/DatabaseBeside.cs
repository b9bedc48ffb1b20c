using Npgsql;
using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Progress;

namespace TwiBackup.Database.Dumps;

/// <summary>
/// A dump's database restored under a temporary name, beside whatever is there, and proven: every table has the rows and the digest that
/// were counted when it was dumped. What fails is dropped again.
/// </summary>
internal sealed class DatabaseBeside
{
    private readonly NpgsqlConnection server;
    private IReadOnlyList<string> finish = [];

    private DatabaseBeside(NpgsqlConnection server, ConnectionSettings connection, DumpedDatabase source) =>
        (this.server, Connection, Source) = (server, connection, source);

    /// <summary>To the database under its temporary name.</summary>
    public ConnectionSettings Connection { get; }

    /// <summary>What it is the copy of.</summary>
    public DumpedDatabase Source { get; }

    /// <summary>Its temporary name.</summary>
    public string Name => Connection.Database;

    /// <summary>Materialized views that could not be filled, and why.</summary>
    public IReadOnlyList<string> EmptyViews { get; private set; } = [];

    /// <summary>Restores one database and proves it.</summary>
    /// <param name="catalog">Where the set lies.</param>
    /// <param name="set">The set.</param>
    /// <param name="source">Which of its databases.</param>
    /// <param name="tools">Whose pg_restore is used.</param>
    /// <param name="server">To another database of the server.</param>
    /// <param name="target">The server, and the temporary name as its database.</param>
    /// <param name="progress">Told what is done.</param>
    /// <param name="cancellationToken">Gives up; nothing is left.</param>
    /// <exception cref="TwiBackupException">It could not be restored, or is not what was dumped.</exception>
    public static async Task<DatabaseBeside> RestoreAsync(
        SetCatalog catalog, BackupSet set, DumpedDatabase source, PostgresInstallation tools, NpgsqlConnection server, ConnectionSettings target,
        IProgressReporter progress, CancellationToken cancellationToken)
    {
        var beside = new DatabaseBeside(server, target, source);
        try
        {
            var entry = DumpSet.Entry(catalog, set, source.Object);
            progress.Stage($"restore of {source.Name}", entry.PlainLength);
            await SetObjects.ReadAsync(
                catalog, set, entry,
                async plain =>
                {
                    await beside.LoadAsync(await Archive.OpenAsync(plain, tools, progress.Advance, cancellationToken), cancellationToken);
                    return true;
                },
                progress, cancellationToken);
            progress.Stage($"proof of {source.Name}");
            await beside.FillViewsAsync(progress, cancellationToken);
            await beside.ProveAsync($"{set.Kind.Name()}/{set.Id}", cancellationToken);
            foreach (var statement in beside.finish)
                await server.RunAsync(statement, cancellationToken);
            return beside;
        }
        catch (NpgsqlException e)
        {
            await beside.TryDropAsync(progress);
            throw new TwiBackupException($"{source.Name} could not be restored on {target.Host}: {SqlText.Reason(e)}. What was there before is as it was.", e);
        }
        catch
        {
            await beside.TryDropAsync(progress);
            throw;
        }
    }

    /// <summary>Drops it.</summary>
    public Task DropAsync(CancellationToken cancellationToken) =>
        server.RunAsync($"drop database if exists {Sql.Name(Name)} with (force)", cancellationToken);

    /// <summary>Drops it after a failure; what can't be dropped is said, and hides no failure.</summary>
    public async Task TryDropAsync(IProgressReporter progress)
    {
        try
        {
            await DropAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            progress.Warn($"The half restored database {Name} could not be dropped. Drop it: DROP DATABASE {Sql.Name(Name)};");
        }
    }

    /// <summary>May be called again with another version of the object.</summary>
    private async Task LoadAsync(Archive archive, CancellationToken cancellationToken)
    {
        await DropAsync(cancellationToken);
        var (make, rest) = await archive.DatabaseAsync(Name, cancellationToken);
        foreach (var statement in make)
            await server.RunAsync(statement, cancellationToken);
        finish = rest;
        await archive.LoadAsync(Connection, cancellationToken);
    }

    /// <summary>
    /// Fills the views that were filled. One that can't be is empty afterwards, and said: it is no reason to be without the tables.
    /// </summary>
    private async Task FillViewsAsync(IProgressReporter progress, CancellationToken cancellationToken)
    {
        await using var session = await OpenAsync(cancellationToken);
        var left = Source.MaterializedViews;
        Dictionary<string, string> failed;
        do
        {
            // One may be made of another that comes later in the list.
            failed = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var view in left)
            {
                try
                {
                    await session.RunAsync($"refresh materialized view {view}", cancellationToken);
                }
                catch (PostgresException e)
                {
                    failed[view] = SqlText.Reason(e);
                }
            }

            (left, var before) = ([.. failed.Keys], left.Count);
            if (left.Count == before)
                break;
        }
        while (left.Count > 0);

        foreach (var (view, reason) in failed)
            progress.Warn($"Materialized view {view} of {Source.Name} could not be filled: {reason}. Mend that, then: REFRESH MATERIALIZED VIEW {view};");
        EmptyViews = [.. failed.Select(f => $"{f.Key} ({f.Value})")];
        // Without statistics the first hours would be slow.
        await session.RunAsync("analyze", cancellationToken);
    }

    private async Task ProveAsync(string set, CancellationToken cancellationToken)
    {
        await using var session = await OpenAsync(cancellationToken);
        await using var transaction = await session.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken);
        var found = await TableDigests.TakeInTransactionAsync(session, unlogged: true, cancellationToken);
        var wrong = TableDigests.Compare(Source.Tables, found).Where(c => !c.Passed).Select(c => $"{c.Table}: {c.Detail}").ToList();
        if (wrong.Count > 0)
            throw new TwiBackupException($"Database {Source.Name} of {set} is not what was dumped: {string.Join("; ", wrong.Take(5))}"
                + $"{(wrong.Count > 5 ? $"; and {wrong.Count - 5} more" : "")}. It was dropped again, and nothing else was touched. Name another set with --id.");
    }

    private async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var session = await QueryConnection.OpenAsync(Connection, cancellationToken);
        await session.RunAsync(SessionLimits.Lift, cancellationToken);
        return session;
    }
}
