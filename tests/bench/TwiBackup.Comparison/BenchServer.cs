using System.Globalization;
using TwiBackup.Comparison.Measure;
using TwiBackup.Postgres;

namespace TwiBackup.Comparison;

/// <summary>A PostgreSQL that is backed up, with page checksums, durable as a production server.</summary>
internal sealed class BenchServer : IAsyncDisposable
{
    private readonly Bench _bench;
    private readonly LocalServer _server;

    private BenchServer(Bench bench, string name, LocalServer server) => (_bench, Name, _server) = (bench, name, server);

    public string Name { get; }

    public string DataDirectory => _server.DataDirectory;

    public ConnectionSettings Connection => _server.Connection;

    /// <summary>How tools reach it: the superuser on the private socket.</summary>
    public IReadOnlyDictionary<string, string?> ToolEnvironment => new Dictionary<string, string?>
    {
        ["PGHOST"] = Connection.Host,
        ["PGPORT"] = Connection.Port.ToString(CultureInfo.InvariantCulture),
        ["PGUSER"] = Connection.User,
        ["PGDATABASE"] = "postgres",
    };

    public static async Task<BenchServer> StartAsync(Bench bench, string name, CancellationToken cancellationToken)
    {
        var folder = bench.NewFolder(name);
        var data = Path.Combine(folder, "data");
        await LocalServer.InitAsync(bench.Installation, bench.Account, data, new InitOptions(), cancellationToken);
        // archive_command is set by ALTER SYSTEM: what is given here would go before that.
        var settings = new Dictionary<string, string>
        {
            ["shared_buffers"] = "512MB",
            ["max_wal_size"] = "8GB",
            ["checkpoint_timeout"] = "1h",
            ["max_wal_senders"] = "10",
            ["archive_mode"] = "on",
            ["autovacuum"] = "off",
        };
        var server = new BenchServer(bench, name, await LocalServer.StartAsync(data, Options(bench, settings), cancellationToken));
        await server.RunAsync(cancellationToken, "alter system set archive_command = '/bin/true'", "select pg_reload_conf()");
        return server;
    }

    /// <summary>
    /// Starts a server on a restored data directory and waits until it can be written to; the processor seconds that this took.
    /// <paramref name="settings"/> go before its files'.
    /// </summary>
    public static async Task<double> OpenRestoredAsync(
        Bench bench, string dataDirectory, CancellationToken cancellationToken, IReadOnlyDictionary<string, string>? settings = null)
    {
        await using var server = await LocalServer.StartAsync(
            dataDirectory, Options(bench, settings ?? new Dictionary<string, string>()), cancellationToken);
        await using var session = await QueryConnection.OpenAsync(server.Connection, cancellationToken);
        while (await session.AskAsync<bool>("select pg_is_in_recovery()", cancellationToken))
            await Task.Delay(20, cancellationToken);
        return ProcFiles.CpuOfTree(server.ProcessId);
    }

    public async Task RunAsync(CancellationToken cancellationToken, params string[] statements)
    {
        await using var session = await QueryConnection.OpenAsync(Connection, cancellationToken);
        foreach (var statement in statements)
            await session.RunAsync(statement, cancellationToken);
    }

    public async Task<T> AskAsync<T>(string query, CancellationToken cancellationToken)
    {
        await using var session = await QueryConnection.OpenAsync(Connection, cancellationToken);
        return (await session.AskAsync<T>(query, cancellationToken))!;
    }

    /// <summary>Asks until the answer is true.</summary>
    public async Task UntilAsync(string query, CancellationToken cancellationToken)
    {
        await using var session = await QueryConnection.OpenAsync(Connection, cancellationToken);
        while (!await session.AskAsync<bool>(query, cancellationToken))
            await Task.Delay(10, cancellationToken);
    }

    /// <summary>The end of WAL in bytes.</summary>
    public Task<long> WalPositionAsync(CancellationToken cancellationToken) =>
        AskAsync<long>("select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint", cancellationToken);

    /// <summary>Sets archive_command, once the one before has nothing left to do.</summary>
    public async Task ArchiveWithAsync(string command, CancellationToken cancellationToken)
    {
        await UntilAsync("select not exists (select from pg_ls_archive_statusdir() where name like '%.ready')", cancellationToken);
        await RunAsync(cancellationToken, $"alter system set archive_command = {Sql.Text(command)}", "select pg_reload_conf()");
    }

    /// <summary>Adds what the server's processes took meanwhile to what <paramref name="run"/> took.</summary>
    public async Task<Usage> ChargeAsync(Func<Task<Usage>> run)
    {
        var before = ProcFiles.CpuOfTree(_server.ProcessId);
        var usage = await run();
        return usage with { Cpu = usage.Cpu + ProcFiles.CpuOfTree(_server.ProcessId) - before };
    }

    /// <summary>Runs one of PostgreSQL's tools on it; what it printed.</summary>
    public async Task<string> ToolAsync(string tool, CancellationToken cancellationToken, params string[] arguments)
    {
        var result = await ChildProcess.RunAsync(
            new ChildProcessOptions
            {
                Program = _bench.Installation.Tool(tool),
                Arguments = arguments,
                Account = _bench.Account,
                Environment = ToolEnvironment,
                WorkingDirectory = _bench.Folder,
            },
            cancellationToken);
        return result.ThrowIfFailed(tool, "Is the package with PostgreSQL's client tools whole?").Output;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static LocalServerOptions Options(Bench bench, IReadOnlyDictionary<string, string> settings) => new()
    {
        Installation = bench.Installation,
        Account = bench.Account,
        Settings = settings,
    };
}
