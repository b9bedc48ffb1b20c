using TwiBackup.Catalog;
using TwiBackup.Progress;
using TwiBackup.Rehearsal.Bot;
using TwiBackup.Rehearsal.Local;

namespace TwiBackup.Rehearsal;

/// <summary>
/// The newest full is damaged where it lies, and nobody knows when the host is lost: a byte flipped, an object cut short, an object gone.
/// The recovery finds out, falls back to the full before and replays more WAL; nothing is lost, only time.
/// </summary>
internal sealed class CorruptBackup(RehearsalOptions options, IProgressReporter progress) : IScenario
{
    public const string ScenarioName = "corrupt-backup";

    public string Name => ScenarioName;

    /// <summary>Whether every full is damaged, not only the newest. Then nothing can come back, which the rehearsal must not hide.</summary>
    public bool IsEverythingDamaged { get; init; }

    public async Task RunAsync(LocalSystem system, Findings findings, CancellationToken cancellationToken)
    {
        var measured = new SystemMeasures(findings, options.Objectives);
        measured.Expect(options.Objectives.Database);
        var damage = new StoreDamage(options.Seed);
        system.StartReceiver();
        system.StartBot();
        var since = MonotonicInstant.Now();
        for (var number = 1; number <= (options.Kills ?? StoreDamage.Kinds.Count); number++)
        {
            await system.WaitForReceiverAsync(cancellationToken);
            var before = await system.Backups.FullAsync(cancellationToken);
            var home = await system.Backups.HomeAsync(cancellationToken);
            await system.WriteAsync(options.Load / 2, cancellationToken);
            var newest = await system.Backups.FullAsync(cancellationToken);
            measured.Add(newest);
            await system.WriteAsync(options.Load / 2, cancellationToken);

            var kind = StoreDamage.Kinds[(number - 1) % StoreDamage.Kinds.Count];
            var done = await damage.DoAsync(system.Stores.Primary, newest, kind, cancellationToken);
            if (IsEverythingDamaged)
                await damage.DoAsync(system.Stores.Primary, before, kind, cancellationToken);
            var disaster = await system.LoseHostAsync();
            progress.Say($"Disaster {findings.Begin()}: the host is lost; {done}, and nobody knows.");
            var recovered = await new LocalRecovery(system, options, findings, progress).RunAsync(
                disaster, new RecoveryWish { Catalog = await system.CatalogAsync(cancellationToken), Home = home, Since = since }, cancellationToken);
            measured.Add(disaster, recovered, home);
            Judge(findings, recovered, before, newest, done);
            since = MonotonicInstant.Now();
        }
    }

    private static void Judge(Findings findings, Recovered recovered, BackupSet before, BackupSet newest, string done)
    {
        var used = recovered.Result.Database!.SetId;
        findings.Check("fell back", used == before.Id, $"{done}; recovered from full/{used}, the one before the damage is full/{before.Id}");
        var more = (long)(newest.StartLsn - before.StartLsn);
        findings.Note(
            $"{done}: fell back to full/{before.Id}, {Sizes.Text(newest.Manifest.StartedAt - before.Manifest.StartedAt)} older, and replayed {Sizes.Text(more)} more of WAL. "
            + $"Finding out took {Sizes.Text(recovered.Wasted)}. It cost time; of the writes {Sizes.Text(recovered.Heartbeats.Recoverable ?? TimeSpan.Zero)} were lost, as without the damage.");
    }
}
