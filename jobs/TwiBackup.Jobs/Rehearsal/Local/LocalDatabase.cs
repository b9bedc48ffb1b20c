using System.Security.Cryptography;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Rehearsal.Bot;

namespace TwiBackup.Rehearsal.Local;

/// <summary>The PostgreSQL server of a rehearsed system, with the bot's database in it.</summary>
internal sealed class LocalDatabase(PostgresInstallation installation, ServerAccount account, string dataDirectory) : IAsyncDisposable
{
    private const string Superuser = "postgres";
    private const string Replicator = "replicator";

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(60);

    private readonly string superuserPassword = RandomNumberGenerator.GetHexString(24);
    private readonly string replicatorPassword = RandomNumberGenerator.GetHexString(24);
    private readonly string botPassword = RandomNumberGenerator.GetHexString(24);
    private readonly int port = LocalServer.FreePort();
    private LocalServer? server;

    public string DataDirectory => dataDirectory;

    public ConnectionSettings SuperuserConnection => Tcp(Superuser, superuserPassword, "postgres");

    public ConnectionSettings ReplicatorConnection => Tcp(Replicator, replicatorPassword, "postgres");

    /// <summary>The bot's, also after a recovery: roles and passwords come back with the cluster.</summary>
    public ConnectionSettings BotConnection => Tcp(BotSchema.DefaultRole, botPassword, BotSchema.DefaultDatabase);

    /// <summary>Makes the cluster, starts it, and fills the bot's database.</summary>
    public async Task BuildAsync(long size, IProgressReporter progress, CancellationToken cancellationToken)
    {
        await LocalServer.InitAsync(
            installation, account, dataDirectory, new InitOptions { Superuser = Superuser, Password = superuserPassword }, cancellationToken);
        await File.AppendAllTextAsync(Path.Combine(dataDirectory, "pg_hba.conf"), "host replication all 127.0.0.1/32 scram-sha-256\n", cancellationToken);
        await OpenAsync(cancellationToken);
        await using (var session = await QueryConnection.OpenAsync(SuperuserConnection, cancellationToken))
        {
            await session.RunAsync($"create role {Replicator} login replication password '{ScramVerifier.Make(replicatorPassword)}'", cancellationToken);
            await session.RunAsync($"grant pg_monitor to {Replicator}", cancellationToken);
        }

        await BotSchema.LoadAsync(SuperuserConnection, BotSchema.DefaultDatabase, BotSchema.DefaultRole, botPassword, cancellationToken);
        await BotData.FillAsync(SuperuserConnection with { Database = BotSchema.DefaultDatabase }, size, seed: 1, progress, cancellationToken);
    }

    /// <summary>Starts the server on its port: from then on clients are let in.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken) => server = await LocalServer.StartAsync(
        dataDirectory,
        new LocalServerOptions
        {
            Installation = installation,
            Account = account,
            Port = port,
            ListenAddresses = "127.0.0.1",
            Settings = new Dictionary<string, string> { ["max_wal_size"] = "1GB" },
            StartTimeout = StartTimeout,
        },
        cancellationToken);

    /// <summary>SIGKILL to all its processes: nothing is flushed.</summary>
    public void Kill() => server!.Kill();

    /// <summary>Ends it as an operator would.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (!await server!.StopAsync(StopMode.Fast, StopTimeout, cancellationToken))
            throw new TwiBackupException($"The server on {dataDirectory} does not stop.");
        await ForgetAsync();
    }

    /// <summary>Gives up what is left of a process that was killed.</summary>
    public async Task ForgetAsync()
    {
        if (server is not null)
            await server.DisposeAsync();
        server = null;
    }

    public async ValueTask DisposeAsync() => await ForgetAsync();

    private ConnectionSettings Tcp(string user, string password, string database) => new()
    {
        Host = "127.0.0.1",
        Port = port,
        User = user,
        Password = password,
        Database = database,
        SslMode = "disable",
    };
}
