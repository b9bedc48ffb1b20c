using TwiBackup.Alerts;
using TwiBackup.Policy;
using TwiBackup.Postgres;
using TwiBackup.Progress;

namespace TwiBackup.Recovery;

/// <summary>Fills a recovery's options from a policy: places, objectives, and its commands as actions. Dispose it after the run.</summary>
/// <param name="policy">The policy.</param>
/// <param name="folder">Its folder, where provision and route run.</param>
/// <param name="old">How the lost database was reached.</param>
/// <param name="connection">How the recovered one is reached.</param>
/// <param name="environment">The variables this process was started with.</param>
public sealed class PolicyRecovery(
    BackupPolicy policy, string folder, ConnectionSettings old, ConnectionSettings connection, IReadOnlyDictionary<string, string> environment, IProgressReporter progress, TimeProvider clock)
    : IAsyncDisposable
{
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
        if (basis.Isolated && policy.Database.Mode == DatabaseMode.Dump && !basis.Skip.Contains(RecoveryStep.Database))
            throw new TwiBackupException(ExitCode.WrongUse, "database.mode is dump: a drill has no server to restore a dump into. Leave it out with --skip database, and try the dump with: twibackup verify dump");
        var options = basis with
        {
            ContinuesElsewhere = !basis.Isolated && into is null && recovery.Place == RecoveryPlace.Elsewhere,
            DataDirectory = policy.Database.Mode == DatabaseMode.Dump ? null : into is null ? recovery.DataDirectory : Path.Combine(into, "data"),
            RepositoryFolder = policy.Backups.Repository is not { } repository ? null
                : into is not null ? Path.Combine(into, "app")
                : recovery.Repository ?? (repository.Source.StartsWith('/') ? repository.Source : "/app"),
            ConfigurationRoot = policy.Backups.Configuration is null ? null : into is null ? recovery.ConfigurationRoot : Path.Combine(into, "root"),
            SlotName = policy.Backups.Incremental is null ? null : policy.Database.Slot,
            OldPrimary = policy.Database.Mode == DatabaseMode.Dump ? null : old,
            Shares = RecoveryShares.Of(policy).ToDictionary(s => RecoverySteps.TryParse(s.Key, out var step) ? step : default, s => s.Value),
            Environment = environment,
        };
        return options with { Actions = new PolicyActions(policy, folder, connection, options, drill, progress, clock).All() };
    }

    public ValueTask DisposeAsync() => drill.DisposeAsync();
}
