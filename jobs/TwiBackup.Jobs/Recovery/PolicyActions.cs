using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Database.Dumps;
using TwiBackup.Policy;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Verification;
using TwiBackup.Wal;

namespace TwiBackup.Recovery;

/// <summary>What a policy says is to be done outside of the store.</summary>
internal sealed class PolicyActions(
    BackupPolicy policy, string folder, ConnectionSettings connection, RecoveryOptions options, DrillServer drill, IProgressReporter progress, TimeProvider clock)
{
    /// <summary>How long a started database may take until it answers: it may have to recover from a crash.</summary>
    private static readonly TimeSpan OpenPatience = TimeSpan.FromMinutes(10);

    /// <summary>How long the receiver may take to find the opened server before the system is asked whether it works.</summary>
    private static readonly TimeSpan ReceiverPatience = TimeSpan.FromSeconds(15);

    private readonly RecoveryPolicy recovery = policy.Recovery;
    private readonly SecretMask secrets = SecretMask.Of(policy, options.Environment);
    private RunningReceiver? receiver;

    public RecoveryActions All()
    {
        var notify = policy.Alerts.Discord is null ? null
            : (Func<RecoveryNotice, CancellationToken, Task<string>>)new DiscordNotice(policy, options.Environment, secrets, clock).SendAsync;
        if (options.Isolated)
            return new RecoveryActions { Notify = notify, OpenDatabase = OpenDrillAsync, Verify = VerifyDrillAsync };
        return new RecoveryActions
        {
            Notify = notify,
            Provision = recovery.Place == RecoveryPlace.Local ? null : Run("provision", recovery.Provision, folder),
            RestoreDump = policy.Database.Mode == DatabaseMode.Dump ? RestoreDumpAsync : null,
            StartReceiver = policy.Backups.Incremental is { } wal ? (_, _) => Task.FromResult<IAsyncDisposable>(receiver = StartReceiver(wal)) : null,
            OpenDatabase = OpenAsync,
            TakeFull = policy.Backups.Full is { } full ? (_, cancellationToken) => TakeFullAsync(full, cancellationToken) : null,
            Deploy = recovery.Deploy.Count == 0 ? null : Run("deploy", recovery.Deploy, options.RepositoryFolder ?? folder),
            Verify = VerifyAsync,
            Route = recovery.Route.Count == 0 ? null : Run("route", recovery.Route, folder),
        };
    }

    private Func<CancellationToken, Task<string>> Run(string name, IReadOnlyList<string> words, string where) =>
        new ExternalCommand(name, words, where, CommandEnvironment.Of(policy, options.Environment), secrets, progress).RunAsync;

    private async Task<string> OpenAsync(RecoveredDatabase database, CancellationToken cancellationToken)
    {
        if (recovery.Start.Count == 0 || ServerProcesses.Find(database.DataDirectory, null).Count > 0)
            return await LocalStart.RunAsync(database, cancellationToken);
        return await StartAsync(cancellationToken);
    }

    private async Task<string> StartAsync(CancellationToken cancellationToken)
    {
        var said = recovery.Start.Count == 0 ? "" : await Run("start", recovery.Start, folder)(cancellationToken);
        await Reachability.WaitAsync(connection, OpenPatience, clock, cancellationToken);
        return said;
    }

    /// <summary>Into the server that the policy's connection leads to, which must be there: a dump brings none.</summary>
    private async Task<string> RestoreDumpAsync(BackupSet dump, CancellationToken cancellationToken)
    {
        await StartAsync(cancellationToken);
        var wanted = new DumpRestoreOptions { At = dump.Manifest.CompletedAt, Databases = policy.Database.Databases, Replace = options.KeepAside };
        var restore = new DumpRestore(
            options.Catalog, connection, major => PostgresInstallation.FindClient("pg_restore", major, options.Environment), wanted, clock, progress);
        var result = await restore.RunAsync(cancellationToken);
        foreach (var database in result.Databases.Where(d => d.Aside is not null))
            progress.Say($"Kept aside: database {database.Aside}");
        return $"dump/{result.Set.Id} into {connection.Host}:{connection.Port}: {string.Join(", ", result.Databases.Select(d => $"{d.Name} with {d.Rows} rows"))}.";
    }

    private RunningReceiver StartReceiver(IncrementalPolicy wal) => new(
        new WalReceiverOptions
        {
            System = policy.System,
            Connection = connection,
            Slot = policy.Database.Slot,
            FlushInterval = wal.FlushInterval,
            MarkInterval = wal.MarkInterval,
        },
        options.Catalog.Store, options.Catalog.Keys, progress, clock);

    private async Task<string> TakeFullAsync(FullPolicy full, CancellationToken cancellationToken)
    {
        await Reachability.WaitAsync(connection, OpenPatience, clock, cancellationToken);
        var wanted = new FullBackupOptions { Keep = full.Keep, Level = full.Level, Workers = full.Workers };
        // Its stages would mix with those of the steps.
        var set = await new FullBackup(options.Catalog, connection, wanted, clock, SilentProgress.Instance).RunAsync(cancellationToken);
        return $"The first full of the new timeline is taken: full/{set.Id}.";
    }

    private async Task<IReadOnlyList<Check>> VerifyAsync(CancellationToken cancellationToken)
    {
        if (receiver is { } running)
            await running.WaitAsync(ReceiverPatience, cancellationToken);
        return await new RecoveredChecks(policy, connection, options, progress, clock).RunAsync(cancellationToken);
    }

    private Task<string> OpenDrillAsync(RecoveredDatabase database, CancellationToken cancellationToken) =>
        drill.StartAsync(database, options.Catalog, cancellationToken);

    private Task<IReadOnlyList<Check>> VerifyDrillAsync(CancellationToken cancellationToken) =>
        new RecoveredChecks(policy, drill.Connection, options, progress, clock).RunAsync(cancellationToken);
}
