using TwiBackup.Catalog;
using TwiBackup.Policy;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Rehearsal;
using TwiBackup.Reports;
using TwiBackup.Sealing;
using TwiBackup.Status;
using TwiBackup.Stores;
using TwiBackup.Verification;
using TwiBackup.Wal;

namespace TwiBackup.Commands;

/// <summary>What a command works with: the policy, and what it leads to, opened for one role.</summary>
internal sealed class JobContext : IAsyncDisposable
{
    private JobContext(
        string policyFile, BackupPolicy policy, IReadOnlyDictionary<string, string> environment, IObjectStore store, KeyRing keys, IProgressReporter progress)
    {
        PolicyFile = policyFile;
        Policy = policy;
        Environment = environment;
        Store = store;
        Keys = keys;
        Progress = progress;
        Catalog = new SetCatalog(store, policy.System, keys);
    }

    /// <summary>Absolute path of the policy.</summary>
    public string PolicyFile { get; }

    public BackupPolicy Policy { get; }

    /// <summary>The variables this process was started with; secrets among them are no longer in its environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; }

    public IObjectStore Store { get; }

    public KeyRing Keys { get; }

    public SetCatalog Catalog { get; }

    public IProgressReporter Progress { get; }

    public TimeProvider Clock { get; } = TimeProvider.System;

    /// <summary>Loads the policy and opens its primary store with the keys of <paramref name="role"/>.</summary>
    public static JobContext Open(string? policyFile, JobRole role, IProgressReporter progress)
    {
        var environment = ProcessEnvironment.Read();
        var path = TwiBackup.Policy.PolicyFile.Find(policyFile, environment);
        var policy = TwiBackup.Policy.PolicyFile.Load(path);
        var keys = KeyRings.Load(policy.Keys, role, environment);
        ProcessEnvironment.Forget(policy);
        return new JobContext(path, policy, environment, ObjectStoreFactory.Open(policy.Stores.Primary, environment, ObjectLock.Of(policy)), keys, progress);
    }

    /// <summary>How the database is reached.</summary>
    public ConnectionSettings Connection() => Settings(Policy.Database.Connection);

    /// <summary>How the database is reached where it is recovered.</summary>
    public ConnectionSettings RecoveredConnection() => Settings(Policy.Recovery.Connection ?? Policy.Database.Connection);

    /// <summary>How WAL is received from the database; throws wrong use when the policy has none.</summary>
    public WalReceiverOptions Receiver()
    {
        var incremental = Policy.Backups.Incremental
            ?? throw new TwiBackupException(ExitCode.WrongUse, $"{PolicyFile} has no continuous WAL. Give it the section backups.incremental.");
        return new WalReceiverOptions
        {
            System = Policy.System,
            Connection = Connection(),
            Slot = Policy.Database.Slot,
            FlushInterval = incremental.FlushInterval,
            MarkInterval = incremental.MarkInterval,
        };
    }

    /// <summary>The writer's signing key, with which hashes in manifests are keyed; null where it is not.</summary>
    public SigningKey? HashKey() => Policy.Keys.SigningKey is { } key && key.LeadsSomewhere(Environment)
        ? SigningKey.Parse(key.Resolve(Environment), key.ToString())
        : null;

    /// <summary>Tells what a person must hear of.</summary>
    public void Alert(WalEvent what) => Progress.Warn(what.Message);

    /// <summary>The verification records in the store, as far as trusted verifiers signed them.</summary>
    public VerificationLog Verifications() =>
        new(Store, Policy.System, [.. Policy.Keys.ResolveTrustedVerifiers(Environment).Select(VerifyKey.Parse)]);

    /// <summary>The rehearsal reports in the store, as far as trusted verifiers signed them.</summary>
    public RehearsalLog Rehearsals() =>
        new(Store, Policy.System, [.. Policy.Keys.ResolveTrustedVerifiers(Environment).Select(VerifyKey.Parse)]);

    /// <summary>The replica, or null when the policy has none. Dispose it.</summary>
    public IObjectStore? OpenReplica() => Policy.Stores.Replica is { } url ? ObjectStoreFactory.Open(url, Environment, ObjectLock.Of(Policy)) : null;

    /// <summary>Looks at the stores and says how each component stands.</summary>
    public StatusReader Status(IObjectStore? replica) => new(
        Policy, Catalog, replica is null ? null : new SetCatalog(replica, Policy.System, Keys), Verifications(), Clock,
        cancellationToken => RehearsalOutcomes.ReadAsync(Rehearsals(), cancellationToken));

    /// <summary>The same, with everything that the page shows.</summary>
    public ReportReader Report(IObjectStore? replica) => new(Policy, Status(replica), Store, Rehearsals());

    public ValueTask DisposeAsync() => Store.DisposeAsync();

    private ConnectionSettings Settings(TwiBackup.Policy.ConnectionText connection)
    {
        var settings = ConnectionSettings.Parse(connection.Resolve(Environment), Environment);
        return Policy.Database.Password is { } password ? settings with { Password = password.Resolve(Environment) } : settings;
    }
}
