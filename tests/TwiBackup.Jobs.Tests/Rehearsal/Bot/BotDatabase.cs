using Npgsql;
using TwiBackup.Postgres;
using TwiBackup.Rehearsal.Bot;
using TwiBackup.Tests.Postgres;

namespace TwiBackup.Tests.Rehearsal.Bot;

/// <summary>A server with the stand-in's database, and a folder for acknowledgement logs outside it.</summary>
public sealed class BotDatabase : IAsyncDisposable
{
    public const string Password = "b0t $ecret: ~";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("twi-bot-");

    private BotDatabase(TestPostgres server) => Server = server;

    public TestPostgres Server { get; }

    public string AckPath => Path.Combine(_folder.FullName, "acks");

    /// <summary>The superuser in the stand-in's database.</summary>
    public ConnectionSettings Superuser => Server.Superuser with { Database = BotSchema.DefaultDatabase };

    /// <summary>The bot's role, over TCP with its password.</summary>
    public ConnectionSettings Bot => new()
    {
        Host = "127.0.0.1",
        Port = Server.Port,
        User = BotSchema.DefaultRole,
        Password = Password,
        Database = BotSchema.DefaultDatabase,
        SslMode = "disable",
    };

    public static async Task<BotDatabase> StartAsync(params (string Name, string Value)[] settings)
    {
        var database = new BotDatabase(await TestPostgres.StartAsync(settings));
        try
        {
            await BotSchema.LoadAsync(
                database.Server.Superuser, BotSchema.DefaultDatabase, BotSchema.DefaultRole, Password,
                TestContext.Current.CancellationToken);
            return database;
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    public BotOptions Options() =>
        new() { Connection = Bot, AcknowledgementPath = AckPath, HeartbeatInterval = TimeSpan.FromMilliseconds(10) };

    /// <summary>
    /// A copy of the database under another name, in the place of an older copy, and what it is to be asked with as the superuser.
    /// </summary>
    public async Task<ConnectionSettings> CopyAsync(string name, string owner = BotSchema.DefaultRole)
    {
        await Server.ExecuteAsync(
            "postgres",
            $"drop database if exists {name} with (force)",
            $"create database {name} template {BotSchema.DefaultDatabase} owner {owner}");
        return Superuser with { Database = name };
    }

    public async Task<NpgsqlConnection> OpenAsync(ConnectionSettings? settings = null) =>
        await TestPostgres.OpenAsync(settings ?? Superuser);

    public Task ExecuteAsync(params string[] statements) => TestPostgres.ExecuteAsync(Superuser, statements);

    public Task<string> AskAsync(string query) => Server.ScalarAsync(query, BotSchema.DefaultDatabase);

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
