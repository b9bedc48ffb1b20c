using TwiBackup.Progress;

namespace TwiBackup.Rehearsal;

/// <summary>Runs a scenario by its name.</summary>
public static class Scenarios
{
    /// <summary>What can be rehearsed: name and what happens.</summary>
    public static readonly IReadOnlyDictionary<string, string> All = new Dictionary<string, string>
    {
        [LostHost.ScenarioName] = "the host is lost with everything on it; the database is recovered from the store alone",
        [BadMigration.ScenarioName] = "a table is dropped; it is brought back from just before, and nothing else is lost",
    };

    /// <summary>Builds a system, makes the disaster happen, recovers, measures. Nothing is left behind unless asked for.</summary>
    public static Task<RehearsalReport> RunAsync(string name, RehearsalOptions options, IProgressReporter progress, CancellationToken cancellationToken) => name switch
    {
        LostHost.ScenarioName => new LostHost(options, progress).RunAsync(cancellationToken),
        BadMigration.ScenarioName => new BadMigration(options, progress).RunAsync(cancellationToken),
        _ => throw new TwiBackupException(ExitCode.WrongUse, $"There is no scenario {name}. There are: {string.Join(", ", All.Keys)}."),
    };
}
