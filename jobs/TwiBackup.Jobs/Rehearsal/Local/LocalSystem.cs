using System.Diagnostics;
using System.Globalization;
using TwiBackup.Catalog;
using TwiBackup.Files;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Rehearsal.Bot;

namespace TwiBackup.Rehearsal.Local;

/// <summary>
/// The system that is rehearsed on: a PostgreSQL with the bot's database, the bot with its code and configuration, a WAL receiver, and
/// stores. Database, bot and receiver are processes of their own. Everything but the stores, the keys and the acknowledgement log is on
/// "the host", which a disaster takes away whole.
/// </summary>
internal sealed class LocalSystem : IAsyncDisposable
{
    /// <summary>The system's name in the policy and the store.</summary>
    public const string Name = "rehearsal";

    public const string Slot = "twibackup";

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);

    private readonly RehearsalOptions options;
    private readonly IProgressReporter progress;
    private readonly ScratchFolder scratch;
    private LocalProcess? receiver;
    private LocalProcess? bot;

    private LocalSystem(RehearsalOptions options, IProgressReporter progress, ScratchFolder scratch, PostgresInstallation installation, ServerAccount account)
    {
        (this.options, this.progress, this.scratch, Installation, Account) = (options, progress, scratch, installation, account);
        Database = new LocalDatabase(installation, account, Path.Combine(Host, "data"));
        Home = new BotHome(Path.Combine(Host, "app"), account);
    }

    /// <summary>Where everything lies. What is not below <see cref="Host"/> outlives the host.</summary>
    public string Folder => scratch.Path;

    /// <summary>What a disaster takes away.</summary>
    public string Host => Path.Combine(Folder, "host");

    /// <summary>What the bot was told to have been kept, written outside of the host.</summary>
    public string AckPath => Path.Combine(Folder, "acknowledged.log");

    public PostgresInstallation Installation { get; }

    public ServerAccount Account { get; }

    public LocalDatabase Database { get; }

    public BotHome Home { get; }

    public LocalKeys Keys { get; private set; } = null!;

    public LocalStores Stores { get; private set; } = null!;

    public LocalBackups Backups => new(this, progress);

    private string PolicyPath => Path.Combine(Folder, "twibackup.json");

    /// <summary>Builds the system: keys, stores, policy, database, the bot's home. Nothing of it runs yet but the server.</summary>
    public static async Task<LocalSystem> BuildAsync(RehearsalOptions options, string id, IProgressReporter progress, CancellationToken cancellationToken)
    {
        var installation = PostgresInstallation.Find(null, options.Environment);
        var account = ServerAccount.Resolve(options.Environment);
        var scratch = new ScratchFolder(Path.GetTempPath(), passable: true);
        var folder = scratch.Path;
        var system = new LocalSystem(options, progress, scratch, installation, account);
        try
        {
            progress.Stage("system");
            system.Keys = await LocalKeys.MakeAsync(Path.Combine(folder, "keys"), cancellationToken);
            system.Stores = LocalStores.Open(options, folder, id);
            await system.Stores.RequireAsync(cancellationToken);
            await system.WritePolicyAsync(cancellationToken);
            system.ProvisionHost();
            await system.Home.MakeAsync(system.Database.BotConnection, cancellationToken);
            await system.Database.BuildAsync(options.Size, progress, cancellationToken);
            return system;
        }
        catch
        {
            await system.DisposeAsync();
            throw;
        }
    }

    /// <summary>The sets of the primary as whoever recovers sees them: with an identity, read from its file now.</summary>
    public Task<SetCatalog> CatalogAsync(CancellationToken cancellationToken) => CatalogAsync(Keys.IdentityFile, cancellationToken);

    /// <inheritdoc cref="CatalogAsync(CancellationToken)"/>
    public async Task<SetCatalog> CatalogAsync(string identityFile, CancellationToken cancellationToken) =>
        new(Stores.Primary, Name, await Keys.RestorerAsync(identityFile, cancellationToken));

    /// <summary>Makes the empty place that a new host is.</summary>
    public void ProvisionHost()
    {
        Directory.CreateDirectory(Host, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Account.Chown(Host);
    }

    /// <summary>Where the primary is now, the receiver stores from its next start on.</summary>
    public Task WritePolicyAsync(CancellationToken cancellationToken) =>
        LocalPolicy.WriteAsync(PolicyPath, Database.ReplicatorConnection, Stores.PrimaryUrl, Keys, cancellationToken);

    /// <summary>Starts the receiver; it connects as soon as the server answers.</summary>
    public void StartReceiver()
    {
        if (receiver is null or { HasExited: true })
            receiver = LocalProcess.Start(
                options.Program, ["wal", "receive", "--policy", PolicyPath],
                new Dictionary<string, string>(Stores.WriterVariables) { ["PGPASSWORD"] = Database.ReplicatorConnection.Password! },
                Path.Combine(Folder, "receiver.log"));
    }

    /// <summary>Waits until the server streams to the receiver.</summary>
    public async Task WaitForReceiverAsync(CancellationToken cancellationToken)
    {
        await using var session = await QueryConnection.OpenAsync(Database.SuperuserConnection, cancellationToken);
        var watch = Stopwatch.StartNew();
        while (!await session.AskAsync<bool>("select exists (select from pg_replication_slots where slot_name = $1 and active)", cancellationToken, Slot))
        {
            if (receiver is null or { HasExited: true } || watch.Elapsed > StartTimeout)
                throw new TwiBackupException($"The WAL receiver does not receive; its log ends: {receiver?.LastLine}");
            await Task.Delay(Poll, cancellationToken);
        }
    }

    /// <summary>Starts the bot from the settings in its home; it connects again by itself whenever the database comes back.</summary>
    public void StartBot() => bot = LocalProcess.Start(
        options.Program,
        ["bot", "run", "--env", Home.EnvironmentFile, "--acks", AckPath, "--rate", options.Rate.ToString(CultureInfo.InvariantCulture)],
        new Dictionary<string, string>(), Path.Combine(Folder, "bot.log"));

    /// <summary>Waits until the bot has an answer for a heartbeat that it sent after <paramref name="after"/>; returns when it had it.</summary>
    public async Task<MonotonicInstant> WaitForHeartbeatAsync(MonotonicInstant after, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            if (HasLine(AckPath) && AckLog.Read(AckPath).Records.FirstOrDefault(r => r.Ticks > after.Ticks) is { } beat)
                return new MonotonicInstant(beat.Ticks, beat.AcknowledgedAt, after.Boot);
            if (bot is null or { HasExited: true } || watch.Elapsed > StartTimeout)
                throw new TwiBackupException($"The bot stand-in does not write; its log ends: {bot?.LastLine}");
            await Task.Delay(Poll, cancellationToken);
        }
    }

    /// <summary>Lets the bot write for a while; nothing is waited for but that time passes.</summary>
    public async Task WriteAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        progress.Stage("bot writes");
        await WaitForHeartbeatAsync(MonotonicInstant.Now(), cancellationToken);
        await Task.Delay(time, cancellationToken);
    }

    /// <summary>
    /// The host is lost: receiver and database are killed in the same instant, nothing is flushed, the bot is killed with them, and
    /// everything that was there is deleted.
    /// </summary>
    public async Task<Disaster> LoseHostAsync()
    {
        var began = MonotonicInstant.Now();
        receiver?.Kill();
        Database.Kill();
        var dead = MonotonicInstant.Now();
        bot?.Kill();
        await EndAsync();
        await Database.ForgetAsync();
        Directory.Delete(Host, recursive: true);
        return new Disaster(began, dead);
    }

    /// <summary>Whether receiver and bot are the processes that they were, by id.</summary>
    public (int? Receiver, int? Bot) Processes =>
        (receiver is { HasExited: false } r ? r.Id : null, bot is { HasExited: false } b ? b.Id : null);

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        await Database.DisposeAsync();
        if (Stores is not null)
        {
            // Folders of our own go with ours.
            if (!options.Keep && (options.Store ?? options.Replica) is not null)
                await Stores.RemoveAsync(progress, CancellationToken.None);
            await Stores.DisposeAsync();
        }

        if (options.Keep)
        {
            scratch.Keep();
            progress.Say($"Everything was left in {Folder}.");
        }

        scratch.Dispose();
    }

    private async Task EndAsync()
    {
        foreach (var process in (LocalProcess?[])[bot, receiver])
        {
            if (process is not null)
                await process.DisposeAsync();
        }

        (bot, receiver) = (null, null);
    }

    /// <summary>The bot makes the file a moment before it has written its first line.</summary>
    private static bool HasLine(string path)
    {
        if (!File.Exists(path))
            return false;
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return reader.ReadLine() is not null && !reader.EndOfStream;
    }
}
