using TwiBackup.Progress;
using TwiBackup.Rehearsal;
using TwiBackup.Tests.Postgres;

namespace TwiBackup.Tests.Rehearsal;

/// <summary>Rehearsals on as little data, in as little time, as they can be measured with.</summary>
internal static class SmallRehearsal
{
    public static RehearsalOptions Options { get; } = new()
    {
        Size = 20_000_000,
        Load = TimeSpan.FromSeconds(1),
        ReplicationLag = TimeSpan.FromSeconds(1),
        Seed = 1,
        Program = Path.Combine(AppContext.BaseDirectory, "twibackup"),
        Environment = TestEnvironment.Variables,
    };

    /// <summary>Runs a scenario by its name.</summary>
    public static Task<RehearsalReport> RunAsync(string scenario, Func<RehearsalOptions, RehearsalOptions>? change = null) =>
        Scenarios.RunAsync(scenario, change?.Invoke(Options) ?? Options, SilentProgress.Instance, TestContext.Current.CancellationToken);

    /// <summary>Runs a scenario that was made to go another way.</summary>
    public static Task<RehearsalReport> RunAsync(Func<RehearsalOptions, IScenario> scenario, Func<RehearsalOptions, RehearsalOptions>? change = null)
    {
        var options = change?.Invoke(Options) ?? Options;
        return new ScenarioRun(options, SilentProgress.Instance).RunAsync(scenario(options), TestContext.Current.CancellationToken);
    }

    /// <summary>Everything was recovered, checked and in time; if not, says what was not.</summary>
    public static void Met(RehearsalReport report)
    {
        Assert.Null(report.Failure);
        Assert.True(report.Met, string.Join(" | ", report.Checks.Where(c => !c.Passed).Select(c => $"{c.Name}: {c.Detail}").Concat(report.Components.Where(c => !c.Met).Select(c => c.ToString()))));
    }
}
