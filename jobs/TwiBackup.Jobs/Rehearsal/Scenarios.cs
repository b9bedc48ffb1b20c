using TwiBackup.Progress;

namespace TwiBackup.Rehearsal;

/// <summary>All scenarios, and running them by name.</summary>
public static class Scenarios
{
    /// <summary>What can be rehearsed: name and what happens.</summary>
    public static readonly IReadOnlyDictionary<string, string> All = new Dictionary<string, string>
    {
        [LostHost.ScenarioName] = "the host is lost with everything on it; the whole system is recovered from the store alone",
        [LostDatabase.ScenarioName] = "the database is lost, its files or by a DROP DATABASE; it is restored in place, and nothing else is touched",
        [BadMigration.ScenarioName] = "a table is dropped; it is brought back from just before, and nothing else is lost",
        [LostRegion.ScenarioName] = "the host and the primary store are lost; the system is recovered from a replica that was filled late and in no order",
        [CorruptBackup.ScenarioName] = "the newest full turns out to be damaged; the one before it and more WAL do",
        [Ransomware.ScenarioName] = "whatever the host's rights in the store allow is done to it; what is left is recovered",
        [LostKeys.ScenarioName] = "the identity is lost with the host; the second one opens everything",
    };

    /// <summary>Builds a system, makes the disaster happen, recovers, measures. Nothing is left behind unless asked for.</summary>
    /// <exception cref="TwiBackupException">There is no such scenario, or the system could not be built.</exception>
    public static Task<RehearsalReport> RunAsync(string name, RehearsalOptions options, IProgressReporter progress, CancellationToken cancellationToken) =>
        new ScenarioRun(options, progress).RunAsync(Create(name, options, progress), cancellationToken);

    /// <summary>Runs all of them, one after the other; one that fails does not keep the others from being run.</summary>
    /// <param name="done">Told after each.</param>
    public static async Task<RehearsalSuite> RunAllAsync(
        RehearsalOptions options, IProgressReporter progress, Action<RehearsalReport> done, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetUtcNow();
        var reports = new List<RehearsalReport>();
        foreach (var name in All.Keys)
        {
            var run = new ScenarioRun(options, progress);
            var begun = TimeProvider.System.GetUtcNow();
            try
            {
                progress.Say($"{name}: {All[name]}.");
                reports.Add(await run.RunAsync(Create(name, options, progress), cancellationToken));
            }
            catch (TwiBackupException e)
            {
                progress.Warn($"{name} could not be rehearsed: {e.Message}");
                reports.Add(run.NotRun(name, begun, e));
            }

            done(reports[^1]);
        }

        return new RehearsalSuite
        {
            Format = RehearsalSuite.CurrentFormat,
            Tool = Catalog.ToolVersion.Text,
            StartedAt = started,
            CompletedAt = TimeProvider.System.GetUtcNow(),
            Rehearsals = reports,
        };
    }

    private static IScenario Create(string name, RehearsalOptions options, IProgressReporter progress) => name switch
    {
        LostHost.ScenarioName => new LostHost(options, progress),
        LostDatabase.ScenarioName => new LostDatabase(options, progress),
        BadMigration.ScenarioName => new BadMigration(options, progress),
        LostRegion.ScenarioName => new LostRegion(options, progress),
        CorruptBackup.ScenarioName => new CorruptBackup(options, progress),
        Ransomware.ScenarioName => new Ransomware(options, progress),
        LostKeys.ScenarioName => new LostKeys(options, progress),
        _ => throw new TwiBackupException(ExitCode.WrongUse, $"There is no scenario {name}. There are: {string.Join(", ", All.Keys)}."),
    };
}
