using TwiBackup.Catalog;
using TwiBackup.Policy;
using TwiBackup.Progress;
using TwiBackup.Rehearsal.Bot;
using TwiBackup.Rehearsal.Local;

namespace TwiBackup.Rehearsal;

/// <summary>
/// A region is lost: the host and the primary store in the same instant. The system is recovered from the replica, which was filled late and
/// in no order, under an objective of its own, and goes on there; then the other region is lost, and it comes back to the first.
/// </summary>
internal sealed class LostRegion(RehearsalOptions options, IProgressReporter progress) : IScenario
{
    public const string ScenarioName = "lost-region";

    private const int Disasters = 2;

    public string Name => ScenarioName;

    public async Task RunAsync(LocalSystem system, Findings findings, CancellationToken cancellationToken)
    {
        var measured = new SystemMeasures(findings, options.Objectives);
        measured.Expect(new Objective(options.Objectives.Replica.Rpo, options.Objectives.Database.Rto));
        system.StartReceiver();
        system.StartBot();
        var since = MonotonicInstant.Now();
        for (var number = 1; number <= (options.Kills ?? Disasters); number++)
        {
            await using var replication = DelayedReplication.Start(
                system.Stores.Primary, system.Stores.Replica, Path.Combine(system.Folder, $"under-way-{number}"), options.ReplicationLag, options.Seed + number);
            await system.WaitForReceiverAsync(cancellationToken);
            var whole = await system.Backups.FullAsync(cancellationToken);
            var home = await system.Backups.HomeAsync(cancellationToken);
            measured.Add(whole);
            await system.WriteAsync(options.Load / 2, cancellationToken);
            progress.Stage("replicated");
            await replication.WaitForAsync(
                [.. whole.Manifest.Objects.Select(whole.Key), whole.Manifest.Prefix + CatalogKeys.ManifestName, whole.Manifest.Prefix + CatalogKeys.SignatureName],
                cancellationToken);

            // One more full, of which one object is late: its manifest is in the replica, and it is no backup there.
            replication.HoldNext("/base.");
            var late = await system.Backups.FullAsync(cancellationToken);
            await system.WriteAsync(options.Load / 2, cancellationToken);
            await replication.WaitForAsync([late.Manifest.Prefix + CatalogKeys.ManifestName, late.Manifest.Prefix + CatalogKeys.SignatureName], cancellationToken);

            var disaster = await system.LoseHostAsync();
            var underWay = await replication.CutAsync();
            await system.Stores.LosePrimaryAsync(progress, cancellationToken);
            progress.Say($"Disaster {findings.Begin()}: the host and its store are lost; {underWay} objects were under way to the replica.");
            findings.Note($"{underWay} objects were under way to {system.Stores.Replica.Location} when {system.Stores.Primary.Location} was lost.");

            system.Stores.FailOver();
            await system.WritePolicyAsync(cancellationToken);
            var catalog = await system.CatalogAsync(cancellationToken);
            var reach = await Reach.FindAsync(catalog, options.Objectives, cancellationToken);
            foreach (var line in reach.Refusals.Concat(reach.Plan.Skipped))
                findings.Note(line);
            var wish = new RecoveryWish { Catalog = catalog, Home = home, Since = since, Target = reach.Target };
            var recovered = await new LocalRecovery(system, options, findings, progress).RunAsync(disaster, wish, cancellationToken);
            measured.Add(disaster, recovered, home);
            var used = recovered.Result.Database!.SetId;
            findings.Check(
                "only what had arrived whole was used", used == whole.Id,
                $"recovered from full/{used}; of full/{late.Id} {replication.Held} had not arrived");
            since = MonotonicInstant.Now();
        }
    }
}
