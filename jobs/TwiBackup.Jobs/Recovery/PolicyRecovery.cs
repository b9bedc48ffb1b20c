using TwiBackup.Alerts;
using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Policy;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Verification;
using TwiBackup.Wal;

namespace TwiBackup.Recovery;

/// <summary>Fills a recovery's options from a policy: places, objectives, and its commands as actions. Dispose it after the run.</summary>
/// <param name="policy">The policy.</param>
/// <param name="folder">Its folder, where provision and route run.</param>
/// <param name="connection">How the database is reached, before and after.</param>
/// <param name="environment">The variables this process was started with.</param>
public sealed class PolicyRecovery(
    BackupPolicy policy, string folder, ConnectionSettings connection, IReadOnlyDictionary<string, string> environment, IProgressReporter progress, TimeProvider clock)
    : IAsyncDisposable
{
    /// <summary>How long a started database may take until it answers: it may have to recover from a crash.</summary>
    private static readonly TimeSpan OpenPatience = TimeSpan.FromMinutes(10);

    private readonly SecretMask secrets = SecretMask.Of(policy, environment);
    private readonly DrillServer drill = new();

    /// <summary>Where a machine keeps the journal of this system's recovery when nobody says where.</summary>
    public static string JournalFile(string system, IReadOnlyDictionary<string, string> environment) =>
        Path.Combine(StateFolder.Find(environment), $"recovery-{system}.jsonl");

    /// <summary>The options with everything from the policy that they do not say.</summary>
    /// <param name="basis">Catalog, journal, target and what else a person chose.</param>
    /// <param name="into">The folder below which everything is restored, instead of the policy's places; a drill needs one.</param>
    public RecoveryOptions Fill(RecoveryOptions basis, string? into)
    {
        var recovery = policy.Recovery;
        if (basis.Isolated && into is null)
            throw new TwiBackupException(ExitCode.WrongUse, "A drill must not touch the places of the living system. Name an empty folder for it with --into DIR.");
        var options = basis with
        {
            ContinuesElsewhere = !basis.Isolated && into is null && recovery.Place == RecoveryPlace.Elsewhere,
            DataDirectory = policy.Database.Mode == DatabaseMode.Dump ? null : into is null ? recovery.DataDirectory : Path.Combine(into, "data"),
            RepositoryFolder = policy.Backups.Repository is not { } repository ? null
                : into is not null ? Path.Combine(into, "app")
                : recovery.Repository ?? (repository.Source.StartsWith('/') ? repository.Source : "/app"),
            ConfigurationRoot = policy.Backups.Configuration is null ? null : into is null ? recovery.ConfigurationRoot : Path.Combine(into, "root"),
            SlotName = policy.Backups.Incremental is null ? null : policy.Database.Slot,
            OldPrimary = policy.Database.Mode == DatabaseMode.Dump ? null : connection,
            Shares = RecoveryShares.Of(policy).ToDictionary(s => RecoverySteps.TryParse(s.Key, out var step) ? step : default, s => s.Value),
            Environment = environment,
        };
        return options with { Actions = ActionsOf(options) };
    }

    public ValueTask DisposeAsync() => drill.DisposeAsync();

    private RecoveryActions ActionsOf(RecoveryOptions options)
    {
        var recovery = policy.Recovery;
        var notify = policy.Alerts.Discord is null ? null : (Func<RecoveryNotice, CancellationToken, Task<string>>)TellAsync;
        if (options.Isolated)
            return new RecoveryActions
            {
                Notify = notify,
                OpenDatabase = async (database, cancellationToken) => await drill.StartAsync(database, await SuperuserAsync(options.Catalog, database, cancellationToken), cancellationToken),
                Verify = cancellationToken => new RecoveredChecks(policy, drill.Connection, options, progress, clock).RunAsync(cancellationToken),
            };
        return new RecoveryActions
        {
            Notify = notify,
            Provision = recovery.Place == RecoveryPlace.Local ? null : Run("provision", recovery.Provision, folder),
            RestoreDatabase = policy.Database.Mode == DatabaseMode.Dump ? RefuseDump : null,
            StartReceiver = policy.Backups.Incremental is null ? null : (_, _) => Task.FromResult<IAsyncDisposable>(StartReceiver(options.Catalog)),
            OpenDatabase = OpenAsync,
            TakeFull = policy.Backups.Full is { } full ? (_, cancellationToken) => TakeFullAsync(options.Catalog, full, cancellationToken) : null,
            Deploy = recovery.Deploy.Count == 0 ? null : Run("deploy", recovery.Deploy, options.RepositoryFolder ?? folder),
            Verify = cancellationToken => new RecoveredChecks(policy, connection, options, progress, clock).RunAsync(cancellationToken),
            Route = recovery.Route.Count == 0 ? null : Run("route", recovery.Route, folder),
        };
    }

    private Func<CancellationToken, Task<string>> Run(string name, IReadOnlyList<string> words, string where) =>
        new ExternalCommand(name, words, where, CommandEnvironment.Of(policy, environment), secrets, progress).RunAsync;

    private static Task<string> RefuseDump(CancellationToken cancellationToken) => throw new TwiBackupException(
        "database.mode is dump, and a dump is restored into a server that runs: start one, run twibackup restore dump, then go on with --skip database.");

    private async Task<string> OpenAsync(RecoveredDatabase database, CancellationToken cancellationToken)
    {
        if (policy.Recovery.Start.Count == 0 || ServerProcesses.Find(database.DataDirectory, null).Count > 0)
            return await LocalStart.RunAsync(database, cancellationToken);
        var said = await Run("start", policy.Recovery.Start, folder)(cancellationToken);
        await Reachability.WaitAsync(connection, OpenPatience, clock, cancellationToken);
        return said;
    }

    private RunningReceiver StartReceiver(SetCatalog catalog) => new(
        new WalReceiverOptions
        {
            System = policy.System,
            Connection = connection,
            Slot = policy.Database.Slot,
            FlushInterval = policy.Backups.Incremental!.FlushInterval,
            MarkInterval = policy.Backups.Incremental.MarkInterval,
        },
        catalog.Store, catalog.Keys, progress, clock);

    private async Task<string> TakeFullAsync(SetCatalog catalog, FullPolicy full, CancellationToken cancellationToken)
    {
        await Reachability.WaitAsync(connection, OpenPatience, clock, cancellationToken);
        var options = new FullBackupOptions { Keep = full.Keep, Level = full.Level, Workers = full.Workers };
        // Its stages would mix with those of the steps.
        var set = await new FullBackup(catalog, connection, options, clock, SilentProgress.Instance).RunAsync(cancellationToken);
        return $"The first full of the new timeline is taken: full/{set.Id}.";
    }

    private static async Task<string> SuperuserAsync(SetCatalog catalog, RecoveredDatabase database, CancellationToken cancellationToken) =>
        (await catalog.ReadAsync(SetKind.Full, database.SetId, cancellationToken)).Manifest.Database!.Superuser;

    private async Task<string> TellAsync(RecoveryNotice notice, CancellationToken cancellationToken)
    {
        using var client = AlertHttp.CreateClient();
        var discord = Destination<IAlertSink>.Of(policy.Alerts.Discord, "alerts.discord", environment, mayBePlain: false,
            (url, name) => new DiscordWebhook(client, url, name, new DeliveryOptions(), clock));
        if (discord.Target is not { } target)
            throw new TwiBackupException(discord.Problem ?? "there is nobody to tell");
        var now = clock.GetUtcNow();
        await target.SendAsync(
            new Alert
            {
                Level = notice.Kind == NoticeKind.Failed ? AlertLevel.Failure : AlertLevel.Notice,
                System = policy.System,
                Job = "recover",
                Message = secrets.Hide(notice.Message),
                Advice = notice.Advice is { } advice ? secrets.Hide(advice) : null,
                Host = System.Environment.MachineName,
                Since = now,
                At = now,
                Report = policy.Alerts.Report,
            },
            cancellationToken);
        return "Told by alerts.discord.";
    }
}
