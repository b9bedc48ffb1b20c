using System.Globalization;
using Npgsql;
using TwiBackup.Postgres;

namespace TwiBackup.Tests.Postgres;

/// <summary>
/// A fresh PostgreSQL server of the newest installed version, on a Unix socket and a free TCP port of loopback, with page checksums, the
/// roles
/// <c>replicator</c> (REPLICATION) and <c>app</c>, both with scram passwords, and database <c>app</c> owned by <c>app</c>.
/// Settings are tuned for tests (fsync off). Dispose it.
/// </summary>
public sealed class TestPostgres : IAsyncDisposable
{
    public const string ReplicatorPassword = "repl pass:word\\1";
    public const string AppPassword = "app-secret";

    private readonly string _folder;

    private TestPostgres(string folder, LocalServer server, IReadOnlyDictionary<string, string> settings)
    {
        _folder = folder;
        Server = server;
        Settings = settings;
    }

    public LocalServer Server { get; private set; }

    /// <summary>The settings it was started with, those of the tests included.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; }

    public string DataDirectory => Server.DataDirectory;

    public int Port => Server.Port;

    /// <summary>The superuser <c>postgres</c> on the private Unix socket, no password.</summary>
    public ConnectionSettings Superuser => Server.Connection;

    /// <summary>Role <c>replicator</c> over TCP, without TLS.</summary>
    public ConnectionSettings Replicator => Tcp("replicator", ReplicatorPassword);

    /// <summary>Role <c>app</c> in database <c>app</c> over TCP, without TLS.</summary>
    public ConnectionSettings App => Tcp("app", AppPassword) with { Database = "app" };

    /// <summary>Role <c>replicator</c> on the Unix socket.</summary>
    public ConnectionSettings ReplicatorOnSocket => Superuser with { User = "replicator" };

    /// <param name="settings">Settings that go before postgresql.conf and before the tests' own, e.g. <c>("wal_level",
    /// "minimal")</c>.</param>
    public static Task<TestPostgres> StartAsync(params (string Name, string Value)[] settings) => StartAsync(new InitOptions(), settings);

    /// <summary>The same with another kind of cluster, e.g. WAL segments of 1 MiB.</summary>
    public static async Task<TestPostgres> StartAsync(InitOptions init, params (string Name, string Value)[] settings)
    {
        var folder = TestEnvironment.Account.CreatePrivateDirectory("twi-pg-");
        try
        {
            var data = Path.Combine(folder, "data");
            await TestPostgresTemplate.CopyAsync(init, data);
            return await StartOnAsync(folder, data, settings);
        }
        catch
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    /// <summary>Starts a server on a data directory that is there, e.g. a restored one or a standby, which is deleted at the end with its
    /// parent folder.</summary>
    public static Task<TestPostgres> StartOnAsync(string dataDirectory, params (string Name, string Value)[] settings) =>
        StartOnAsync(Path.GetDirectoryName(dataDirectory)!, dataDirectory, settings);

    /// <summary>Ends the server (fast) and starts it again on the same port, with other settings where given.</summary>
    public async Task RestartAsync(StopMode mode = StopMode.Fast, params (string Name, string Value)[] settings)
    {
        Assert.True(await Server.StopAsync(mode, TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
        await StartAgainAsync(settings);
    }

    /// <summary>Starts the server again on the same port after it ended or was killed.</summary>
    public async Task StartAgainAsync(params (string Name, string Value)[] settings)
    {
        var port = Server.Port;
        await Server.DisposeAsync();
        Server = await LocalServer.StartAsync(
            DataDirectory, Options(Merge(Settings, settings), port), TestContext.Current.CancellationToken);
    }

    /// <summary>Goes on with another data directory, which stays its owner's, on the same port; this one is killed if it still runs.</summary>
    public async Task GoOnWithAsync(string dataDirectory)
    {
        var port = Server.Port;
        await Server.DisposeAsync();
        Server = await LocalServer.StartAsync(dataDirectory, Options(Settings, port), TestContext.Current.CancellationToken);
    }

    /// <summary>Runs statements as the superuser, each on its own (so VACUUM and CREATE DATABASE work).</summary>
    public Task ExecuteAsync(string database, params string[] statements) =>
        ExecuteAsync(Superuser with { Database = database }, statements);

    /// <summary>Runs statements, each on its own, on any server.</summary>
    public static async Task ExecuteAsync(ConnectionSettings settings, params string[] statements)
    {
        await using var connection = await OpenAsync(settings);
        foreach (var statement in statements)
        {
            await using var command = new NpgsqlCommand(statement, connection);
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
    }

    /// <summary>The single value of a query, as text, asked as the superuser.</summary>
    public async Task<string> ScalarAsync(string query, string database = "postgres")
    {
        await using var connection = await OpenAsync(Superuser with { Database = database });
        await using var command = new NpgsqlCommand(query, connection);
        return Convert.ToString(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken), CultureInfo.InvariantCulture)!;
    }

    public static async Task<NpgsqlConnection> OpenAsync(ConnectionSettings settings)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder
        {
            Host = settings.Host,
            Port = settings.Port,
            Username = settings.User,
            Password = settings.Password,
            Database = settings.Database,
            Pooling = false,
        }.ConnectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        return connection;
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<TestPostgres> StartOnAsync(string folder, string data, (string Name, string Value)[] settings)
    {
        var all = Merge(TestPostgresTemplate.Settings, settings);
        return new TestPostgres(
            folder, await LocalServer.StartAsync(data, Options(all, port: null), TestContext.Current.CancellationToken), all);
    }

    internal static LocalServerOptions Options(IReadOnlyDictionary<string, string> settings, int? port) => new()
    {
        Installation = TestEnvironment.Installation,
        Account = TestEnvironment.Account,
        ListenAddresses = "127.0.0.1",
        Port = port,
        Settings = settings,
        StartTimeout = TimeSpan.FromSeconds(120),
    };

    private static Dictionary<string, string> Merge(IReadOnlyDictionary<string, string> first, (string Name, string Value)[] second)
    {
        var all = new Dictionary<string, string>(first);
        foreach (var (name, value) in second)
            all[name] = value;
        return all;
    }

    private ConnectionSettings Tcp(string user, string password) => new()
    {
        Host = "127.0.0.1",
        Port = Port,
        User = user,
        Password = password,
        SslMode = "disable",
    };
}
