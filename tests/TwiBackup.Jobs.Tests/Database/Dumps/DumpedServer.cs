using System.Globalization;
using System.Security.Cryptography;
using Npgsql;
using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Database.Dumps;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Sealing;
using TwiBackup.Tests.Postgres;
using TwiBackup.Tests.Rehearsal.Bot;
using TwiBackup.Tests.Stores;

namespace TwiBackup.Tests.Database.Dumps;

/// <summary>The stand-in's database with some rows in it, a file store, keys, and one dump: what is dumped and restored here.</summary>
public sealed class DumpedServer : IAsyncLifetime
{
    public const string System = "twi";
    public const string Database = "cognita";

    private int _copies;

    public BotDatabase Bot { get; private set; } = null!;

    public TestStore Store { get; private set; } = null!;

    public KeyRing Keys { get; } = BackedUpServer.NewKeys();

    public SetCatalog Catalog { get; private set; } = null!;

    /// <summary>A good dump of <see cref="Database"/>.</summary>
    public BackupSet Set { get; private set; } = null!;

    public ConnectionSettings Superuser => Bot.Server.Superuser;

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static PostgresInstallation Tools(int major) => PostgresInstallation.FindClient("pg_dump", major, TestEnvironment.Variables);

    public async ValueTask InitializeAsync()
    {
        Bot = await BotDatabase.StartAsync();
        await Bot.ExecuteAsync(
            "insert into quotes (quote, author, author_id, \"time\", tokens) select 'quote ' || i, 'author', i, now(), tokens_of('words ' || i) from generate_series(1, 15) i",
            "insert into webhook_pins (message_id, webhook_name, posted) select i, 'pin', now() from generate_series(1, 100) i",
            "insert into chapters (title, content) select 'chapter ' || i, repeat('It was a dark and stormy night. ', 4000) from generate_series(1, 3) i",
            "insert into member_cache (user_id, seen) select i, now() from generate_series(1, 7) i");
        Store = TestStores.NewFileStore();
        Catalog = new SetCatalog(Store.Store, System, Keys);
        Set = await BackUpAsync();
    }

    public Task<BackupSet> BackUpAsync(
        DumpBackupOptions? options = null, SetCatalog? catalog = null, ConnectionSettings? connection = null, Func<int, PostgresInstallation>? tools = null,
        IProgressReporter? progress = null, CancellationToken? cancellation = null) =>
        new DumpBackup(
            catalog ?? Catalog, connection ?? Superuser, tools ?? Tools, options ?? Options(), TimeProvider.System, progress ?? SilentProgress.Instance)
            .RunAsync(cancellation ?? Cancellation);

    public static DumpBackupOptions Options(params string[] databases) => new()
    {
        Keep = TimeSpan.FromDays(30),
        Databases = databases.Length == 0 ? [Database] : databases,
        LockTimeout = TimeSpan.FromSeconds(20),
        Level = 1,
    };

    public Task<DumpRestoreResult> RestoreAsync(
        DumpRestoreOptions options, ConnectionSettings? target = null, SetCatalog? catalog = null, IProgressReporter? progress = null, CancellationToken? cancellation = null) =>
        new DumpRestore(catalog ?? Catalog, target ?? Superuser, Tools, options, TimeProvider.System, progress ?? SilentProgress.Instance)
            .RunAsync(cancellation ?? Cancellation);

    /// <summary>A store of the test's own, under this one's keys.</summary>
    public SetCatalog CatalogOn(TestStore store) => new(store.Store, System, Keys);

    /// <summary>A copy of the database, as the production that a test may try to harm.</summary>
    public async Task<ConnectionSettings> ProductionAsync()
    {
        var number = Interlocked.Increment(ref _copies).ToString(CultureInfo.InvariantCulture);
        return await Bot.CopyAsync($"production{number}");
    }

    /// <summary>What a database holds, unlogged tables and all.</summary>
    public static async Task<IReadOnlyList<TableDigest>> DigestsAsync(ConnectionSettings database)
    {
        await using var connection = await QueryConnection.OpenAsync(database, Cancellation);
        await using var transaction = await connection.BeginTransactionAsync(Cancellation);
        return await TableDigests.TakeInTransactionAsync(connection, unlogged: true, Cancellation);
    }

    /// <summary>All databases of a server.</summary>
    public static async Task<IReadOnlyList<string>> DatabasesAsync(ConnectionSettings server)
    {
        await using var connection = await QueryConnection.OpenAsync(server with { Database = "template1" }, Cancellation);
        return await connection.ListAsync("select datname::text from pg_database order by 1", row => row.GetString(0), Cancellation);
    }

    /// <summary>Every file of a store with its hash.</summary>
    public static SortedDictionary<string, string> Photograph(string root) => new(
        Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
            .ToDictionary(f => Path.GetRelativePath(root, f), f => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(f)))),
        StringComparer.Ordinal);

    /// <summary>One of a set's objects as it was before it was sealed.</summary>
    public async Task<byte[]> OpenAsync(string name)
    {
        using var content = new MemoryStream();
        await SetObjects.ReadAsync(
            Catalog, Set, Set.Manifest.Objects.Single(o => o.Name == name),
            async plain =>
            {
                content.SetLength(0);
                await plain.CopyToAsync(content, Cancellation);
                return true;
            },
            SilentProgress.Instance, Cancellation);
        return content.ToArray();
    }

    /// <summary>A set that is signed and sealed as it should be, around an archive that is not what its manifest says.</summary>
    public async Task<BackupSet> SealAsync(SetCatalog catalog, byte[] archive, Func<DumpFacts, DumpFacts>? change = null)
    {
        var facts = Set.Manifest.Dump!;
        var writer = await SetWriter.BeginAsync(catalog, SetKind.Dump, TimeProvider.System, Cancellation);
        foreach (var (name, content) in ((string, byte[])[])[(DumpNames.Globals, await OpenAsync(DumpNames.Globals)), (facts.Databases[0].Object, archive)])
        {
            await using var entry = await writer.CreateObjectAsync(name, new SealOptions(1, HashPlaintext: false), Cancellation);
            await entry.Content.WriteAsync(content, Cancellation);
            await entry.CompleteAsync(Cancellation);
        }

        return await writer.CommitAsync(
            TimeSpan.FromDays(30), m => m with { Database = Set.Manifest.Database, Dump = change is null ? facts : change(facts) }, Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await Bot.DisposeAsync();
        await Store.DisposeAsync();
    }
}
