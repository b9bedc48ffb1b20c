using Npgsql;
using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Policy;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Recovery;
using TwiBackup.Verification;

namespace TwiBackup.Rehearsal;

/// <summary>
/// A recovered database that only we can reach: on a private socket, with settings that send nothing anywhere, whatever its files say.
/// </summary>
internal sealed class DrillServer(ServerAccount account, IProgressReporter progress) : IAsyncDisposable
{
    private LocalServer? server;

    /// <summary>PostgreSQL's version, once it was started.</summary>
    public string Version { get; private set; } = "";

    /// <summary>Starts it. Returns a line for the journal.</summary>
    public async Task<string> OpenAsync(RecoveredDatabase database, BackupSet set, CancellationToken cancellationToken)
    {
        var facts = set.Manifest.Database!;
        Version = database.Installation.Version.ToString();
        var hba = Path.Combine(database.DataDirectory, ClusterFiles.RecoveryHba);
        await File.WriteAllTextAsync(hba, "local all all trust\n", cancellationToken);
        account.Chown(hba);
        server = await LocalServer.StartAsync(
            database.DataDirectory,
            new LocalServerOptions
            {
                Installation = database.Installation,
                Account = account,
                Settings = RecoverySettings.Private(facts.ServerVersion, hba, RecoveryTarget.Latest, keepLibraries: false),
                HbaFile = hba,
                Superuser = facts.Superuser,
            },
            cancellationToken);
        return "On a private socket.";
    }

    /// <summary>Looks at each database of the policy, or at all: whether it is whole, all of it can be read, and its newest row is as new as it must be.</summary>
    public async Task<IReadOnlyList<Check>> CheckAsync(RestorePlan plan, DatabasePolicy policy, CancellationToken cancellationToken)
    {
        var checks = new List<Check>();
        var named = policy.Databases;
        var databases = named.Count > 0 ? named : [.. plan.Set.Manifest.Database!.Databases.Keys.Where(d => d is not ("template0" or "template1"))];
        foreach (var name in databases)
        {
            await using var session = await QueryConnection.OpenAsync(server!.Connection with { Database = name }, cancellationToken);
            checks.AddRange((await DatabaseChecks.RunAsync(session, null, cancellationToken)).Select(c => c with { Name = $"{name}: {c.Name}" }));
            checks.Add(await ReadAllAsync(session, name, mayBeEmpty: named.Count == 0, cancellationToken));
            if (policy.Heartbeat is { } heartbeat && await session.AskAsync<bool>("select to_regclass($1) is not null", cancellationToken, heartbeat.Table))
                checks.Add(await HeartbeatAsync(session, name, heartbeat, plan, cancellationToken));
        }

        return checks;
    }

    public async ValueTask DisposeAsync()
    {
        if (server is not null)
            await server.DisposeAsync();
        server = null;
    }

    private async Task<Check> ReadAllAsync(NpgsqlConnection session, string database, bool mayBeEmpty, CancellationToken cancellationToken)
    {
        var name = $"{database}: every row can be read";
        try
        {
            var tables = await session.ListAsync(
                "select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'm') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')",
                row => row.GetString(0),
                cancellationToken);
            long rows = 0;
            foreach (var table in tables)
            {
                // The text of a row needs all of it, what is stored out of line included.
                rows += await session.AskAsync<long>($"select count(t::text) from {table} t", cancellationToken);
            }

            progress.Say($"{database}: {rows} rows of {tables.Count} tables were read.");
            return new Check(name, mayBeEmpty || tables.Count > 0, $"{rows} rows of {tables.Count} tables");
        }
        catch (PostgresException e)
        {
            return new Check(name, false, e.MessageText);
        }
    }

    private static async Task<Check> HeartbeatAsync(
        NpgsqlConnection session, string database, HeartbeatPolicy heartbeat, RestorePlan plan, CancellationToken cancellationToken)
    {
        var newest = await session.AskAsync<DateTime>(
            $"select coalesce(max({heartbeat.Column}), '-infinity')::timestamptz at time zone 'UTC' from {heartbeat.Table}", cancellationToken);
        var due = plan.Set.Manifest.Database!.StopTime.UtcDateTime - TimeSpan.FromMinutes(1);
        return new Check(
            $"{database}: heartbeat", newest >= due,
            $"newest in {heartbeat.Table} {newest:yyyy-MM-dd HH:mm:ss}Z, the set ended {plan.Set.Manifest.Database.StopTime.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z");
    }
}
