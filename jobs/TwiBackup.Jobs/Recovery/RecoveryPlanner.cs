using TwiBackup.Catalog;
using TwiBackup.Database;

namespace TwiBackup.Recovery;

/// <summary>Chooses the sets of a recovery: the newest that are signed, whole and not past their time.</summary>
/// <param name="options">What is recovered.</param>
/// <param name="steps">All steps, for what they say of themselves.</param>
internal sealed class RecoveryPlanner(RecoveryOptions options, IReadOnlyList<IRecoveryStep> steps, TimeProvider clock)
{
    private readonly SetCatalog catalog = options.Catalog;
    private readonly List<string> skipped = [];

    /// <summary>Plans.</summary>
    /// <param name="chosen">Sets that an interrupted run had chosen, by kind; their absence is an error.</param>
    /// <param name="damaged">Fulls that turned out to be damaged.</param>
    /// <param name="isTimed">Whether to say how long steps will take, which reads every verification record.</param>
    /// <exception cref="TwiBackupException">Something that is to be recovered can't be.</exception>
    public async Task<RecoveryPlan> PlanAsync(
        IReadOnlyDictionary<SetKind, string> chosen, IReadOnlySet<string> damaged, bool isTimed, CancellationToken cancellationToken)
    {
        var madeAt = clock.GetUtcNow();
        var database = IsDone(RecoveryStep.Database) && options.DataDirectory is not null
            ? await PlanDatabaseAsync(chosen.GetValueOrDefault(SetKind.Full), damaged, cancellationToken)
            : null;
        var dump = IsDone(RecoveryStep.Database) && options.DataDirectory is null ? await ChooseAsync(SetKind.Dump, chosen, madeAt, cancellationToken) : null;
        var repository = IsDone(RecoveryStep.Repository) ? await ChooseAsync(SetKind.Repository, chosen, madeAt, cancellationToken) : null;
        var configuration = IsDone(RecoveryStep.Configuration) ? await ChooseAsync(SetKind.Configuration, chosen, madeAt, cancellationToken) : null;
        var rates = isTimed ? await RestoreRates.ReadAsync(options.Verifications, catalog, cancellationToken) : null;
        return new RecoveryPlan
        {
            MadeAt = madeAt,
            Database = database,
            Dump = dump,
            Repository = repository,
            Configuration = configuration,
            Skipped = [.. skipped],
            Steps = [.. steps.Select(s => Describe(s, rates, database, dump, repository, configuration))],
        };
    }

    private PlannedStep Describe(IRecoveryStep step, RestoreRates? rates, RestorePlan? database, BackupSet? dump, BackupSet? repository, BackupSet? configuration)
    {
        var planned = new PlannedStep(
            step.Step, step.Does, step.Precondition, step.Undo, options.Shares.TryGetValue(step.Step, out var share) ? share : null, WhyNot(step));
        var (set, replay) = step.Step switch
        {
            RecoveryStep.Database => (database?.Set ?? dump, database?.ReplayBytes ?? 0),
            RecoveryStep.Repository => (repository, 0L),
            RecoveryStep.Configuration => (configuration, 0L),
            _ => (null, 0L),
        };
        if (rates is null || set is null)
            return planned;
        var (time, how) = rates.Of(set.Kind, set.Manifest.PlainBytes, replay);
        return planned with { Expected = time, ExpectedHow = how };
    }

    private bool IsDone(RecoveryStep step) => WhyNot(steps.First(s => s.Step == step)) is null;

    private string? WhyNot(IRecoveryStep step) => options.Skip.Contains(step.Step) ? "left out by --skip or --only" : step.WhyNot;

    /// <summary>
    /// The best full for the target whose objects are all there; when it is damaged, the ones before it in turn, which reach as far by more WAL.
    /// </summary>
    private async Task<RestorePlan> PlanDatabaseAsync(string? chosen, IReadOnlySet<string> damaged, CancellationToken cancellationToken)
    {
        var planner = new RestorePlanner(catalog, clock);
        var plan = await planner.PlanAsync(options.Target, chosen is not null && !damaged.Contains(chosen) ? chosen : null, cancellationToken);
        var first = plan;
        TwiBackupException? lastProblem = null;
        var older = (await catalog.ListAsync(SetKind.Full, cancellationToken)).Sets
            .TakeWhile(s => s.Id != first.Set.Id)
            .Where(s => s.Manifest.KeepUntil > clock.GetUtcNow())
            .Reverse()
            .ToList();
        for (var next = 0; ; next++)
        {
            if (plan is not null)
            {
                var problem = damaged.Contains(plan.Set.Id) ? $"full/{plan.Set.Id} is damaged and was passed over."
                    : await SetCompleteness.MissingAsync(catalog, plan.Set, cancellationToken) is { } missing ? $"{missing} It was passed over."
                    : null;
                if (problem is null)
                {
                    skipped.InsertRange(0, first.Skipped);
                    return plan with { IsNewerRefused = first.IsNewerRefused || plan != first };
                }

                skipped.Add(problem);
            }

            if (next == older.Count)
                throw lastProblem ?? new TwiBackupException($"{catalog.Store.Location} holds no full backup of {catalog.System} that is whole. {skipped[^1]}");
            plan = await TryAsync(older[next].Id);
        }

        async Task<RestorePlan?> TryAsync(string id)
        {
            try
            {
                return await planner.PlanAsync(options.Target, id, cancellationToken);
            }
            catch (TwiBackupException e)
            {
                lastProblem ??= e;
                skipped.Add($"full/{id} can't be used: {e.Message}");
                return null;
            }
        }
    }

    /// <summary>The newest whole set of a kind, up to the target's time when it has one.</summary>
    private async Task<BackupSet?> ChooseAsync(
        SetKind kind, IReadOnlyDictionary<SetKind, string> chosen, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (chosen.TryGetValue(kind, out var id))
            return await catalog.ReadAsync(kind, id, cancellationToken);
        var listing = await catalog.ListAsync(kind, cancellationToken);
        skipped.AddRange(listing.Refused.Select(r => $"{kind.Name()}/{r.Id} was passed over: {r.Reason}"));
        var usable = listing.Sets.Where(s => s.Manifest.KeepUntil > now).Reverse().ToList();
        if (options.Target.Time is { } time)
        {
            var before = usable.Where(s => s.Manifest.CompletedAt <= time).ToList();
            if (before.Count == 0 && usable.Count > 0)
                skipped.Add($"No {kind.Name()} set is as old as the target; the oldest one that there is, {usable[^1].Id}, is newer than it and is used.");
            usable = before.Count > 0 ? before : usable.TakeLast(1).ToList();
        }

        foreach (var set in usable)
        {
            if (await SetCompleteness.MissingAsync(catalog, set, cancellationToken) is not { } problem)
                return set;
            skipped.Add($"{problem} It was passed over.");
        }

        throw new TwiBackupException(
            $"{catalog.Store.Location} holds no {kind.Name()} set of {catalog.System} that can be used. To recover the rest without it add --skip {kind.Name()}.");
    }
}
