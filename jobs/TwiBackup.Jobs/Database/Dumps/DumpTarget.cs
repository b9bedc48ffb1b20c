using Npgsql;
using TwiBackup.Catalog;
using TwiBackup.Postgres;

namespace TwiBackup.Database.Dumps;

/// <summary>A server that a dump is restored into, asked before anything is done to it.</summary>
internal sealed class DumpTarget : IAsyncDisposable
{
    private static readonly string[] Maintenance = ["postgres", "template1"];

    private DumpTarget(NpgsqlConnection session, ConnectionSettings settings) => (Session, Settings) = (session, settings);

    /// <summary>To a database that no restore renames.</summary>
    public NpgsqlConnection Session { get; }

    /// <summary>The same, for more sessions.</summary>
    public ConnectionSettings Settings { get; }

    /// <summary>Connects beside the databases that are restored.</summary>
    public static async Task<DumpTarget> OpenAsync(ConnectionSettings target, IReadOnlyCollection<string> names, CancellationToken cancellationToken)
    {
        // The connection's own database is as good as any, unless it is one of them.
        var beside = ((string[])[target.Database, .. Maintenance]).Where(d => !names.Contains(d)).ToList();
        foreach (var database in beside.SkipLast(1))
        {
            try
            {
                return await OpenAsync(target with { Database = database }, cancellationToken);
            }
            catch (TwiBackupException e) when (e.InnerException is Postgres.Replication.PostgresErrorException { SqlState: PostgresErrorCodes.InvalidCatalogName })
            {
                // On a new server there may be no such database yet.
            }
        }

        return await OpenAsync(target with { Database = beside[^1] }, cancellationToken);
    }

    private static async Task<DumpTarget> OpenAsync(ConnectionSettings settings, CancellationToken cancellationToken)
    {
        var session = await QueryConnection.OpenAsync(settings, cancellationToken);
        await session.RunAsync(SessionLimits.Lift, cancellationToken);
        return new DumpTarget(session, settings);
    }

    /// <summary>Throws one line when a set can't be restored here: an older server, or one without an extension.</summary>
    public async Task RequireFitAsync(BackupSet set, IEnumerable<DumpedDatabase> databases, CancellationToken cancellationToken)
    {
        var major = int.Parse((await Session.AskAsync<string>("select current_setting('server_version_num')", cancellationToken))!, System.Globalization.CultureInfo.InvariantCulture) / 10000;
        var needed = set.Manifest.Database!.ServerVersion / 10000;
        if (major < needed)
            throw new TwiBackupException(ExitCode.WrongUse, $"{set.Kind.Name()}/{set.Id} is of PostgreSQL {needed}, and {Settings} is PostgreSQL {major}: a dump goes to the same version or a newer one. Name another server with --to.");
        var available = await Session.ListAsync("select name::text from pg_available_extensions", row => row.GetString(0), cancellationToken);
        var missing = databases.SelectMany(d => d.Extensions.Keys).Distinct().Except(available).Order(StringComparer.Ordinal).ToList();
        if (missing.Count > 0)
            throw new TwiBackupException($"{set.Kind.Name()}/{set.Id} uses the extension{(missing.Count > 1 ? "s" : "")} {string.Join(", ", missing)}, which {Settings} does not have. Install {(missing.Count > 1 ? "them" : "it")} first.");
    }

    /// <summary>Whether a database has this name.</summary>
    public Task<bool> HasAsync(string database, CancellationToken cancellationToken) =>
        Session.AskAsync<bool>("select exists (select from pg_database where datname = $1)", cancellationToken, database);

    /// <summary>Databases that restores which were killed have left.</summary>
    public async Task<IReadOnlyList<string>> LeftoversAsync(CancellationToken cancellationToken) =>
        await Session.ListAsync(
            "select datname::text from pg_database where starts_with(datname, $1) order by 1", row => row.GetString(0), cancellationToken, DumpNames.BesidePrefix);

    public ValueTask DisposeAsync() => Session.DisposeAsync();
}
