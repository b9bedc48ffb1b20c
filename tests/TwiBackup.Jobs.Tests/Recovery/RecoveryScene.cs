using System.Security.Cryptography;
using TwiBackup.Catalog;
using TwiBackup.Policy;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Recovery;
using TwiBackup.Stores;
using TwiBackup.Tests.Database;
using TwiBackup.Tests.Files;
using TwiBackup.Tests.Postgres;

namespace TwiBackup.Tests.Recovery;

/// <summary>One recovery of a <see cref="LostSystem"/>: a copy of its store, and an empty folder that is the new host.</summary>
internal sealed class RecoveryScene : IAsyncDisposable
{
    private readonly LostSystem lost;
    private LocalServer? opened;

    private RecoveryScene(LostSystem lost, string folder)
    {
        (this.lost, Folder) = (lost, folder);
        Store = ObjectStoreFactory.Open("file://" + StoreRoot, new Dictionary<string, string>());
        Catalog = new SetCatalog(Store, BackedUpServer.System, lost.Keys);
    }

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public string Folder { get; }

    public string StoreRoot => Path.Combine(Folder, "store");

    /// <summary>What is in the store; beside it lie the store's own leases.</summary>
    public string StoreObjects => Path.Combine(StoreRoot, BackedUpServer.System);

    public string Host => Path.Combine(Folder, "host");

    public string Data => Path.Combine(Host, "data");

    public string Repository => Path.Combine(Host, "app");

    public string Root => Path.Combine(Host, "root");

    public string Journal => Path.Combine(Folder, "recovery.jsonl");

    public IObjectStore Store { get; }

    public SetCatalog Catalog { get; }

    public RecordedProgress Progress { get; } = new();

    /// <summary>What the actions were asked, in order.</summary>
    public List<string> Asked { get; } = [];

    /// <summary>Called with the name of an action when it is asked.</summary>
    public Func<string, Task> OnAction { get; set; } = _ => Task.CompletedTask;

    public static async Task<RecoveryScene> CreateAsync(LostSystem lost)
    {
        var folder = NewFolder();
        // The server's account passes through to its data directory.
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_001_001);
        await TestPostgresTemplate.CopyTreeAsync(lost.StoreRoot, Path.Combine(folder, "store"));
        var scene = new RecoveryScene(lost, folder);
        Directory.CreateDirectory(scene.Host);
        TestEnvironment.Account.Chown(scene.Host);
        return scene;
    }

    public RecoveryOptions Options() => new()
    {
        Catalog = Catalog,
        JournalFile = Journal,
        KeepAside = true,
        DataDirectory = Data,
        RepositoryFolder = Repository,
        ConfigurationRoot = Root,
        Installation = TestEnvironment.Installation,
        Account = TestEnvironment.Account,
        SlotName = BackedUpServer.Slot,
        OldPrimary = lost.OldPrimary,
        Objectives = new ObjectivesPolicy
        {
            Bot = new Objective(null, TimeSpan.FromHours(1)),
            Database = new Objective(TimeSpan.FromHours(1), TimeSpan.FromHours(2)),
            Repository = new Objective(TimeSpan.FromDays(7), null),
            Configuration = new Objective(TimeSpan.FromHours(24), null),
            System = new Objective(null, TimeSpan.FromHours(4)),
        },
        Actions = Actions(),
        Environment = TestEnvironment.Variables,
    };

    public RecoveryActions Actions() => new()
    {
        Notify = async (notice, cancellationToken) =>
        {
            await AskAsync($"notify {notice.Kind}", cancellationToken);
            return "told";
        },
        Provision = cancellationToken => AskAsync("provision", cancellationToken),
        OpenDatabase = async (database, cancellationToken) =>
        {
            await AskAsync("open", cancellationToken);
            opened ??= await LocalServer.StartAsync(database.DataDirectory, TestPostgres.Options(TestPostgresTemplate.Settings, null), cancellationToken);
            return "";
        },
        Deploy = cancellationToken => AskAsync("deploy", cancellationToken),
        Verify = async cancellationToken =>
        {
            await AskAsync("verify", cancellationToken);
            return [new TwiBackup.Verification.Check("rows", await RowsAsync() == LostSystem.Rows, "counted")];
        },
        Route = cancellationToken => AskAsync("route", cancellationToken),
    };

    public Task<RecoveryResult> RecoverAsync(Func<RecoveryOptions, RecoveryOptions>? change = null) => RecoverAsync(Progress, change, Cancellation);

    public Task<RecoveryResult> RecoverAsync(
        IProgressReporter progress, Func<RecoveryOptions, RecoveryOptions>? change, CancellationToken cancellationToken) =>
        new RecoveryRun(change is null ? Options() : change(Options()), progress, TimeProvider.System).RunAsync(cancellationToken);

    public async Task<int> RowsAsync()
    {
        await using var connection = await TestPostgres.OpenAsync(opened!.Connection with { Database = "app" });
        await using var command = new Npgsql.NpgsqlCommand("select count(*)::int from rows", connection);
        return (int)(await command.ExecuteScalarAsync(Cancellation))!;
    }

    public async Task<string> AskDatabaseAsync(string query)
    {
        await using var connection = await TestPostgres.OpenAsync(opened!.Connection with { Database = "app" });
        await using var command = new Npgsql.NpgsqlCommand(query, connection);
        return Convert.ToString(await command.ExecuteScalarAsync(Cancellation), global::System.Globalization.CultureInfo.InvariantCulture)!;
    }

    /// <summary>Every file below a folder with its hash.</summary>
    public static SortedDictionary<string, string> Photograph(string folder)
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories))
            files[Path.GetRelativePath(folder, file)] = File.Exists(file) ? Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file))) : "";
        return files;
    }

    /// <summary>The restored file of the configuration.</summary>
    public string EnvironmentFile => Path.Combine(Root, lost.EnvironmentFile.TrimStart('/'));

    public async ValueTask DisposeAsync()
    {
        if (opened is not null)
            await opened.DisposeAsync();
        await Store.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>In memory where there is room: a restore syncs the whole file system that it writes to, other tests' files included.</summary>
    private static string NewFolder()
    {
        const string Memory = "/dev/shm";
        const long Room = 2L << 30;
        return Directory.Exists(Memory) && new DriveInfo(Memory).AvailableFreeSpace > Room
            ? Directory.CreateDirectory(Path.Combine(Memory, $"twi-recover-{Guid.NewGuid():N}")).FullName
            : Directory.CreateTempSubdirectory("twi-recover-").FullName;
    }

    private async Task<string> AskAsync(string action, CancellationToken cancellationToken)
    {
        lock (Asked)
            Asked.Add(action);
        await OnAction(action);
        cancellationToken.ThrowIfCancellationRequested();
        return $"{action} done";
    }
}
