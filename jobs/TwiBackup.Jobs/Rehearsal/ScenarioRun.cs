using Npgsql;
using TwiBackup.Catalog;
using TwiBackup.Progress;
using TwiBackup.Rehearsal.Local;

namespace TwiBackup.Rehearsal;

/// <summary>Runs one scenario on a system of its own, makes the report of it and stores that, signed.</summary>
internal sealed class ScenarioRun(RehearsalOptions options, IProgressReporter progress)
{
    /// <summary>Nothing is left behind but the report, unless asked for.</summary>
    /// <exception cref="TwiBackupException">The system could not be built, or failed before there was a disaster: nothing was rehearsed.</exception>
    public async Task<RehearsalReport> RunAsync(IScenario scenario, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetUtcNow();
        var id = SetId.Create(started);
        await using var system = await LocalSystem.BuildAsync(options, id, progress, cancellationToken);
        var store = system.Stores.Primary.Location;
        var findings = new Findings();
        string? failure = null;
        try
        {
            await scenario.RunAsync(system, findings, cancellationToken);
        }
        catch (Exception e) when (findings.Disasters > 0 && e is TwiBackupException or NpgsqlException or IOException)
        {
            failure = e.Message;
            progress.Warn($"Not recovered: {failure}");
        }

        var report = new RehearsalReport
        {
            Format = RehearsalReport.CurrentFormat,
            System = LocalSystem.Name,
            Id = id,
            Scenario = scenario.Name,
            Tool = ToolVersion.Text,
            StartedAt = started,
            CompletedAt = TimeProvider.System.GetUtcNow(),
            Store = store,
            Postgres = system.Installation.Version.ToString(),
            Seed = options.Seed,
            Disasters = findings.Disasters,
            Components = findings.Components,
            Stages = findings.Stages,
            Bytes = findings.Bytes,
            Checks = findings.Checks,
            Notes = findings.Notes,
            Failure = failure,
        };
        await new RehearsalLog(system.Stores.Evidence, LocalSystem.Name, []).WriteAsync(report, system.Keys.Verifier, cancellationToken);
        if (options.Keep || options.Store is not null)
            progress.Say($"The report is signed by {system.Keys.Verifier.Public} and stored: {system.Stores.Evidence.Location}/{CatalogKeys.Rehearsals(LocalSystem.Name)}{id}.json");
        return report;
    }

    /// <summary>The report of a scenario that could not even be begun.</summary>
    public RehearsalReport NotRun(string scenario, DateTimeOffset started, TwiBackupException why) => new()
    {
        Format = RehearsalReport.CurrentFormat,
        System = LocalSystem.Name,
        Id = SetId.Create(started),
        Scenario = scenario,
        Tool = ToolVersion.Text,
        StartedAt = started,
        CompletedAt = TimeProvider.System.GetUtcNow(),
        Store = "",
        Postgres = "",
        Seed = options.Seed,
        Disasters = 0,
        Components = [],
        Stages = [],
        Bytes = new RehearsalBytes(0, 0, 0),
        Checks = [],
        Failure = why.Message,
    };
}
