using TwiBackup.Progress;
using TwiBackup.Rehearsal.Bot;
using TwiBackup.Rehearsal.Local;

namespace TwiBackup.Rehearsal;

/// <summary>
/// The host is lost with everything on it: database, receiver, code, configuration, logs. The whole system is recovered from the store
/// alone, several times in a row, each time on the timeline that the recovery before made; the worst is reported.
/// </summary>
internal sealed class LostHost(RehearsalOptions options, IProgressReporter progress) : IScenario
{
    public const string ScenarioName = "lost-host";

    private const int Disasters = 3;

    public string Name => ScenarioName;

    public async Task RunAsync(LocalSystem system, Findings findings, CancellationToken cancellationToken)
    {
        var measured = new SystemMeasures(findings, options.Objectives);
        measured.Expect(options.Objectives.Database);
        system.StartReceiver();
        system.StartBot();
        var since = MonotonicInstant.Now();
        for (var number = 1; number <= (options.Kills ?? Disasters); number++)
        {
            await system.WaitForReceiverAsync(cancellationToken);
            measured.Add(await system.Backups.FullAsync(cancellationToken));
            var home = await system.Backups.HomeAsync(cancellationToken);
            await system.WriteAsync(options.Load, cancellationToken);
            // What no backup has yet when it happens is lost, and counted.
            await system.Home.ChangeAsync(number, cancellationToken);
            var disaster = await system.LoseHostAsync();
            progress.Say($"Disaster {findings.Begin()}: database, receiver and bot killed in the same instant, everything on the host deleted.");
            var recovered = await new LocalRecovery(system, options, findings, progress).RunAsync(
                disaster, new RecoveryWish { Catalog = await system.CatalogAsync(cancellationToken), Home = home, Since = since }, cancellationToken);
            measured.Add(disaster, recovered, home);
            since = MonotonicInstant.Now();
        }
    }
}
