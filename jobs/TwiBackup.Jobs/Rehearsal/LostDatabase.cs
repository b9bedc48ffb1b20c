using System.Globalization;
using TwiBackup.Database;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Rehearsal.Bot;
using TwiBackup.Rehearsal.Local;

namespace TwiBackup.Rehearsal;

/// <summary>
/// The database is lost and nothing else: first its disk (the server is killed and files of it are gone), then by a
/// <c>DROP DATABASE</c>, after which the cluster is recovered to the second before. Each time it is restored in place, what was there is
/// kept aside, and host, code, configuration, receiver and bot stay as they are.
/// </summary>
internal sealed class LostDatabase(RehearsalOptions options, IProgressReporter progress) : IScenario
{
    public const string ScenarioName = "lost-database";

    private const string Component = "database";
    private const string BotComponent = "bot";
    private const int Disasters = 2;

    private static readonly TimeSpan StorePoll = TimeSpan.FromMilliseconds(100);

    public string Name => ScenarioName;

    public async Task RunAsync(LocalSystem system, Findings findings, CancellationToken cancellationToken)
    {
        findings.Expect(Component, options.Objectives.Database);
        findings.Expect(BotComponent, options.Objectives.Bot);
        system.StartReceiver();
        system.StartBot();
        var since = MonotonicInstant.Now();
        for (var number = 1; number <= (options.Kills ?? Disasters); number++)
        {
            await system.WaitForReceiverAsync(cancellationToken);
            var set = await system.Backups.FullAsync(cancellationToken);
            findings.Add(new RehearsalBytes(set.Manifest.PlainBytes, set.Manifest.StoredBytes, 0));
            await system.WriteAsync(options.Load, cancellationToken);
            var before = await HostAsync(system, cancellationToken);
            var (disaster, target) = number % 2 == 1 ? await LoseDiskAsync(system, findings) : await DropAsync(system, findings, cancellationToken);
            var wish = new RecoveryWish { Catalog = await system.CatalogAsync(cancellationToken), Since = since, Target = target };
            var recovered = await new LocalRecovery(system, options, findings, progress).RunAsync(disaster, wish, cancellationToken);
            findings.Measure(Component, recovered.Heartbeats.Recoverable, recovered.DatabaseAway);
            findings.Measure(BotComponent, null, recovered.BotAway);
            CheckAside(system, findings, number);
            var after = await HostAsync(system, cancellationToken);
            findings.Check("nothing else was touched", before == after, before == after ? "code, configuration, logs and processes are as they were" : $"it was {before}, and is {after}");
            since = MonotonicInstant.Now();
        }
    }

    /// <summary>The server is killed, and half of what it had on disk is gone.</summary>
    private async Task<(Disaster Disaster, RecoveryTarget Target)> LoseDiskAsync(LocalSystem system, Findings findings)
    {
        var began = MonotonicInstant.Now();
        system.Database.Kill();
        var dead = MonotonicInstant.Now();
        foreach (var gone in (string[])["base", "global", "pg_wal"])
            Directory.Delete(Path.Combine(system.Database.DataDirectory, gone), recursive: true);
        progress.Say($"Disaster {findings.Begin()}: the database was killed, and its files, its WAL among them, are gone.");
        await system.Database.ForgetAsync();
        return (new Disaster(began, dead), RecoveryTarget.Latest);
    }

    /// <summary>
    /// Somebody drops the database. What the bot had been promised until then is lost from the running server; the operator stops that and
    /// goes back to the second before: a recovery ends in front of the first commit behind its target, and a <c>DROP DATABASE</c> deletes
    /// files before its own, so that another commit must lie between.
    /// </summary>
    private async Task<(Disaster Disaster, RecoveryTarget Target)> DropAsync(LocalSystem system, Findings findings, CancellationToken cancellationToken)
    {
        var connection = system.Database.SuperuserConnection;
        DateTimeOffset before;
        Disaster disaster;
        await using (var session = await QueryConnection.OpenAsync(connection, cancellationToken))
        {
            before = new DateTimeOffset(await session.AskAsync<DateTime>("select clock_timestamp()", cancellationToken), TimeSpan.Zero) - TimeSpan.FromSeconds(1);
            var began = MonotonicInstant.Now();
            await session.RunAsync($"drop database {BotSchema.DefaultDatabase} with (force)", cancellationToken);
            disaster = new Disaster(began, MonotonicInstant.Now());
        }

        progress.Say($"Disaster {findings.Begin()}: somebody dropped the database; the server runs on.");
        var target = new RecoveryTarget { Time = before };
        await WaitUntilStoredAsync(system, target, cancellationToken);
        await system.Database.StopAsync(cancellationToken);
        return (disaster, target);
    }

    /// <summary>The instant to go back to must have been stored before the server is stopped, whose WAL it is.</summary>
    private static async Task WaitUntilStoredAsync(LocalSystem system, RecoveryTarget target, CancellationToken cancellationToken)
    {
        var planner = new RestorePlanner(await system.CatalogAsync(cancellationToken), TimeProvider.System);
        while (true)
        {
            try
            {
                await planner.PlanAsync(target, null, cancellationToken);
                return;
            }
            catch (OutOfReachException)
            {
                await Task.Delay(StorePoll, cancellationToken);
            }
        }
    }

    private static void CheckAside(LocalSystem system, Findings findings, int number)
    {
        var folder = system.Database.DataDirectory;
        var aside = Directory.GetDirectories(Path.GetDirectoryName(folder)!).Where(d => d != folder && d != system.Home.Folder).ToList();
        findings.Check(
            "what was there is kept aside", aside.Count == number && aside.TrueForAll(d => File.Exists(Path.Combine(d, "PG_VERSION"))),
            string.Create(CultureInfo.InvariantCulture, $"{aside.Count} of {number} data directories: {string.Join(", ", aside.Select(Path.GetFileName))}"));
    }

    private static async Task<string> HostAsync(LocalSystem system, CancellationToken cancellationToken)
    {
        var home = system.Home;
        IEnumerable<KeyValuePair<string, string>> all = [.. home.Configuration(), .. await home.RefsAsync(cancellationToken), .. home.RotatedLogs()];
        return $"{system.Processes} {string.Join(' ', all.Select(pair => $"{pair.Key}={pair.Value}"))}";
    }
}
