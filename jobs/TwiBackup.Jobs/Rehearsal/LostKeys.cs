using TwiBackup.Progress;
using TwiBackup.Rehearsal.Bot;
using TwiBackup.Rehearsal.Local;

namespace TwiBackup.Rehearsal;

/// <summary>
/// The host is lost, and with it the person's identity that would have opened the backups. Everything is sealed to a second one, kept
/// elsewhere: that one opens it.
/// </summary>
internal sealed class LostKeys(RehearsalOptions options, IProgressReporter progress) : IScenario
{
    public const string ScenarioName = "lost-keys";

    public string Name => ScenarioName;

    /// <summary>Whether the second identity is lost, too. Then nothing can be opened, which the rehearsal must not hide.</summary>
    public bool IsSpareLost { get; init; }

    public async Task RunAsync(LocalSystem system, Findings findings, CancellationToken cancellationToken)
    {
        var measured = new SystemMeasures(findings, options.Objectives);
        measured.Expect(options.Objectives.Database);
        system.StartReceiver();
        system.StartBot();
        var since = MonotonicInstant.Now();
        await system.WaitForReceiverAsync(cancellationToken);
        measured.Add(await system.Backups.FullAsync(cancellationToken));
        var home = await system.Backups.HomeAsync(cancellationToken);
        await system.WriteAsync(options.Load, cancellationToken);
        var disaster = await system.LoseHostAsync();
        findings.Begin();
        File.Delete(system.Keys.IdentityFile);
        if (IsSpareLost)
            File.Delete(system.Keys.SpareIdentityFile);
        progress.Say("The host is lost, and the identity with it.");

        findings.Check("the identity is lost", !File.Exists(system.Keys.IdentityFile), $"{system.Keys.Recipients[0]} can open nothing any more");
        var catalog = await system.CatalogAsync(system.Keys.SpareIdentityFile, cancellationToken);
        var recovered = await new LocalRecovery(system, options, findings, progress).RunAsync(
            disaster, new RecoveryWish { Catalog = catalog, Home = home, Since = since }, cancellationToken);
        measured.Add(disaster, recovered, home);
        var opener = string.Join(' ', catalog.Keys.Identities.Select(i => i.Recipient));
        findings.Check("the second identity opens", opener == system.Keys.Recipients[1].ToString(), $"everything was opened by {opener}");
    }
}
