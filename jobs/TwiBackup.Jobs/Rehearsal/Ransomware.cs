using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Policy;
using TwiBackup.Progress;
using TwiBackup.Rehearsal.Bot;
using TwiBackup.Rehearsal.Local;

namespace TwiBackup.Rehearsal;

/// <summary>
/// Somebody has taken the host, does to the store whatever the host's rights allow, and encrypts the host. What is left is recovered: from
/// the store where that keeps versions which the host can't destroy, else from a replica that the host can't reach.
/// </summary>
internal sealed class Ransomware(RehearsalOptions options, IProgressReporter progress) : IScenario
{
    public const string ScenarioName = "ransomware";

    public string Name => ScenarioName;

    /// <summary>Whether there is a replica in hands of its own. Without one a store that forgets is the end, which the rehearsal must not hide.</summary>
    public bool HasReplica { get; init; } = true;

    public async Task RunAsync(LocalSystem system, Findings findings, CancellationToken cancellationToken)
    {
        var measured = new SystemMeasures(findings, options.Objectives);
        measured.Expect(options.Objectives.Database);
        await using var replication = HasReplica
            ? DelayedReplication.Start(system.Stores.Primary, system.Stores.Replica, Path.Combine(system.Folder, "under-way"), options.ReplicationLag, options.Seed)
            : null;
        system.StartReceiver();
        system.StartBot();
        var since = MonotonicInstant.Now();
        await system.WaitForReceiverAsync(cancellationToken);
        measured.Add(await system.Backups.FullAsync(cancellationToken));
        var home = await system.Backups.HomeAsync(cancellationToken);
        await system.WriteAsync(options.Load, cancellationToken);

        progress.Stage("attack");
        var tally = await new Attacker(system.Stores.Writer, system.Keys.Writer).RunAsync(cancellationToken);
        var disaster = await system.LoseHostAsync();
        findings.Begin();
        var deeds = $"With the host's rights in {system.Stores.Primary.Location} the attacker {tally}.";
        findings.Note(deeds);
        progress.Say(deeds);
        // It has its own way to the other place, and brings what it took along before.
        if (replication is not null)
            await replication.DrainAsync(cancellationToken);

        var recovered = await RecoverAsync(system, findings, measured, disaster, home, since, cancellationToken);
        measured.Add(disaster, recovered, home);
    }

    private async Task<Recovered> RecoverAsync(
        LocalSystem system, Findings findings, SystemMeasures measured, Disaster disaster, HomeBackups home, MonotonicInstant since, CancellationToken cancellationToken)
    {
        var catalog = await system.CatalogAsync(cancellationToken);
        var primary = await ReachAsync(catalog, "the store itself", findings, cancellationToken);
        var replica = HasReplica
            ? await ReachAsync(new SetCatalog(system.Stores.Replica, LocalSystem.Name, catalog.Keys), "the replica", findings, cancellationToken)
            : null;
        var usesReplica = replica is not null && !(primary?.Plan.NewestTime >= replica.Plan.NewestTime);
        var best = (usesReplica ? replica : primary)
            ?? throw new TwiBackupException($"Nothing was left to recover from: {system.Stores.Primary.Location} keeps no versions that the host can't destroy, and there is no replica out of its reach.");
        if (usesReplica)
        {
            measured.Expect(new Objective(options.Objectives.Replica.Rpo, options.Objectives.Database.Rto));
            system.Stores.FailOver();
            await system.WritePolicyAsync(cancellationToken);
        }

        findings.Note(usesReplica
            ? $"Recovered from the replica {system.Stores.Primary.Location}: the store itself does not defend what the host can reach. The attacker was not given the replica, as it belongs to another account."
            : $"Recovered from {system.Stores.Primary.Location} itself: it keeps versions that the host's rights can't destroy.");
        foreach (var line in best.Refusals.Concat(best.Plan.Skipped))
            findings.Note(line);
        // Under attack the newest signed instant is the target: what lies behind it may be anybody's.
        var target = best.Plan.NewestMark is { } mark ? new RecoveryTarget { Lsn = mark.Lsn } : best.Target;
        var wish = new RecoveryWish { Catalog = await system.CatalogAsync(cancellationToken), Home = home, Since = since, Target = target };
        return await new LocalRecovery(system, options, findings, progress).RunAsync(disaster, wish, cancellationToken);
    }

    private async Task<Reach?> ReachAsync(SetCatalog catalog, string what, Findings findings, CancellationToken cancellationToken)
    {
        try
        {
            return await Reach.FindAsync(catalog, options.Objectives, cancellationToken);
        }
        catch (TwiBackupException e)
        {
            findings.Note($"Nothing can be recovered from {what}: {e.Message}");
            return null;
        }
    }
}
