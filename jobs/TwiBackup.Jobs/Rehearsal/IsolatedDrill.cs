using TwiBackup.Catalog;
using TwiBackup.Policy;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Recovery;
using TwiBackup.Sealing;
using TwiBackup.Stores;

namespace TwiBackup.Rehearsal;

/// <summary>
/// Recovers what is really in a system's store, beside whatever runs, looks at it, measures, and removes it again. Only the store is reached:
/// the servers that are started listen on a private socket alone, no bot is started, nobody is told, and nothing is written to the store.
/// Lost is counted from the newest point in the store to the beginning: what a disaster at that moment would have cost at most.
/// </summary>
public sealed class IsolatedDrill(
    BackupPolicy policy, KeyRing keys, IReadOnlyDictionary<string, string> environment, string? scratchFolder, IProgressReporter progress)
{
    /// <summary>The scenario that is drilled on the replica.</summary>
    public const string OfReplica = LostRegion.ScenarioName;

    private const string Database = "database", Configuration = "configuration", Repository = "repository", System = "system";

    /// <summary>What can be drilled without destroying anything.</summary>
    public static readonly IReadOnlyList<string> Scenarios = [LostHost.ScenarioName, OfReplica];

    private static readonly Dictionary<string, string> StageNames = new()
    {
        ["bundle"] = Repository,
        ["git fsck"] = Repository,
        ["files"] = Configuration,
    };

    /// <summary>A recovery that fails is a result, and said in the report.</summary>
    /// <exception cref="TwiBackupException">There is no PostgreSQL, or no room to work in.</exception>
    public async Task<RehearsalReport> RunAsync(string scenario, IObjectStore store, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetUtcNow();
        var account = ServerAccount.Resolve(environment);
        var folder = NewFolder(account);
        var findings = new Findings();
        string? failure = null;
        await using var server = new DrillServer(account, progress);
        var clock = new StageClock(global::System.Diagnostics.Stopwatch.GetTimestamp());
        try
        {
            var rpo = scenario == OfReplica ? policy.Objectives.Replica.Rpo : policy.Objectives.Database.Rpo;
            findings.Expect(Database, new Objective(rpo, policy.Objectives.Database.Rto));
            findings.Begin();
            await RecoverAsync(new SetCatalog(store, policy.System, keys), folder, account, server, clock, findings, started, cancellationToken);
        }
        catch (TwiBackupException e)
        {
            failure = e.Message;
            progress.Warn($"Not recovered: {failure}");
        }
        finally
        {
            findings.Add(clock);
            await server.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }

        return new RehearsalReport
        {
            Format = RehearsalReport.CurrentFormat,
            System = policy.System,
            Id = SetId.Create(started),
            Scenario = scenario,
            Tool = ToolVersion.Text,
            StartedAt = started,
            CompletedAt = TimeProvider.System.GetUtcNow(),
            Store = store.Location,
            Postgres = server.Version,
            Disasters = findings.Disasters,
            Components = findings.Components,
            Stages = findings.Stages,
            Bytes = findings.Bytes,
            Checks = findings.Checks,
            Notes = ["A drill on what is really in the store, beside the living system: nothing was destroyed, no bot was started, nobody was told.", .. findings.Notes],
            Failure = failure,
        };
    }

    private async Task RecoverAsync(
        SetCatalog catalog, string folder, ServerAccount account, DrillServer server, StageClock clock, Findings findings, DateTimeOffset started,
        CancellationToken cancellationToken)
    {
        var staged = new StagedProgress(progress, clock, "plan", StageNames);
        var reach = await Reach.FindAsync(catalog, policy.Objectives, cancellationToken);
        foreach (var line in reach.Refusals.Concat(reach.Plan.Skipped))
            findings.Note(line);
        var options = new RecoveryOptions
        {
            Catalog = catalog,
            JournalFile = Path.Combine(folder, "journal.jsonl"),
            Target = reach.Target,
            Isolated = true,
            DataDirectory = Path.Combine(folder, "data"),
            RepositoryFolder = policy.Backups.Repository is null ? null : Path.Combine(folder, Repository),
            ConfigurationRoot = policy.Backups.Configuration is null ? null : Path.Combine(folder, Configuration),
            Account = account,
            Objectives = policy.Objectives,
            AcceptedLossUntil = DateTimeOffset.UnixEpoch,
            Environment = environment,
            Actions = new RecoveryActions
            {
                OpenDatabase = (database, ct) => server.OpenAsync(database, reach.Plan.Set, ct),
                Verify = async ct =>
                {
                    staged.Stage("verified");
                    var checks = await server.CheckAsync(reach.Plan, policy.Database, ct);
                    foreach (var check in checks)
                        findings.Add(check);
                    return checks;
                },
            },
        };
        if (options.ConfigurationRoot is { } root)
            Directory.CreateDirectory(root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var result = await new RecoveryRun(options, staged, TimeProvider.System).RunAsync(cancellationToken);
        staged.End();
        result.ThrowIfFailed();
        Measure(findings, result, reach, clock.Elapsed, started);
    }

    private void Measure(Findings findings, RecoveryResult result, Reach reach, TimeSpan away, DateTimeOffset started)
    {
        findings.Measure(Database, started - reach.Plan.NewestTime, away);
        findings.Add(new RehearsalBytes(reach.Plan.Set.Manifest.PlainBytes, reach.Plan.Set.Manifest.StoredBytes, result.Database!.ReplayedBytes));
        if (result.Plan?.Repository is { } repository)
        {
            findings.Expect(Repository, policy.Objectives.Repository);
            findings.Measure(Repository, started - repository.Manifest.StartedAt, result.Of(RecoveryStep.Repository).EndedAt - started);
        }

        if (result.Plan?.Configuration is { } configuration)
        {
            // A set is taken only when something changed: its age is no loss.
            findings.Expect(Configuration, new Objective());
            findings.Measure(Configuration, null, result.Of(RecoveryStep.Configuration).EndedAt - started);
            findings.Note($"The newest configuration, {configuration.Id}, is of {configuration.Manifest.CompletedAt:yyyy-MM-dd HH:mm}Z.");
        }

        findings.Expect(System, policy.Objectives.System);
        findings.Measure(System, null, away);
    }

    /// <summary>A folder that the server's account can pass through and nobody else looks into.</summary>
    private string NewFolder(ServerAccount account)
    {
        var parent = scratchFolder ?? (account.IsSelf || !Directory.Exists(account.Home) ? Path.GetTempPath() : account.Home);
        var folder = Path.Combine(Path.GetFullPath(parent), $"twibackup-drill-{Guid.NewGuid():n}");
        try
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
            return folder;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TwiBackupException(ExitCode.WrongUse, $"{parent} can't be used to recover to: {e.Message} Name another folder with --scratch.", e);
        }
    }
}
