using TwiBackup.Catalog;
using TwiBackup.Progress;

namespace TwiBackup.Recovery;

/// <summary>
/// Recovers a whole system from a store, step by step, each journaled before and after, so that a run that was interrupted, at whatever
/// instant, goes on at the first step that is not done.
/// </summary>
public sealed class RecoveryRun(RecoveryOptions options, IProgressReporter progress, TimeProvider clock)
{
    /// <summary>Plans without changing anything, here or in the store; what would be refused is among the plan's problems.</summary>
    /// <exception cref="TwiBackupException">Something that is to be recovered can't be.</exception>
    public async Task<RecoveryPlan> PlanAsync(CancellationToken cancellationToken)
    {
        var plan = await new RecoveryPlanner(options, RecoveryStepList.Of(options, null), clock)
            .PlanAsync(new Dictionary<SetKind, string>(), new HashSet<string>(), isTimed: true, cancellationToken);
        var assessment = new Assessment(options, clock);
        var problems = new List<string>();
        List<Func<Task>> looks = [() => Do(() => assessment.RequireAcceptedLoss(plan))];
        if (plan.Database is { } database)
        {
            looks.Add(() => Do(() => assessment.RequirePlace(database)));
            looks.Add(() => new Fence(options).RequireAsync(database, cancellationToken));
        }

        foreach (var look in looks)
        {
            try
            {
                await look();
            }
            catch (TwiBackupException e)
            {
                problems.Add(e.Message);
            }
        }

        return plan with { InTheWay = InTheWay(plan), Problems = problems };

        static Task Do(Action look)
        {
            look();
            return Task.CompletedTask;
        }
    }

    private List<string> InTheWay(RecoveryPlan plan)
    {
        // What is there on this machine is in nobody's way when the rest is done on another.
        string?[] folders = options.ContinuesElsewhere ? []
            : [plan.Database is null ? null : options.DataDirectory, plan.Repository is null ? null : options.RepositoryFolder];
        return [.. folders.OfType<string>().Where(f => Directory.Exists(f) && Directory.EnumerateFileSystemEntries(f).Any())];
    }

    /// <summary>
    /// Recovers, or goes on. A step that fails ends the run; the result says why. Cancelled, what runs is ended and journaled, and the
    /// exception is passed on.
    /// </summary>
    /// <exception cref="TwiBackupException">The journal can't be used; nothing was done.</exception>
    public async Task<RecoveryResult> RunAsync(CancellationToken cancellationToken)
    {
        using var journal = OpenJournal();
        IReadOnlyList<IRecoveryStep> steps = [];
        await using var context = new RecoveryContext(options, journal, progress, clock)
        {
            PlanAsync = ct => new RecoveryPlanner(options, steps, clock).PlanAsync(Chosen(journal), Damaged(journal), isTimed: false, ct),
        };
        steps = RecoveryStepList.Of(options, context);
        var results = new RecoveryResults(options, context, clock);
        var isHandedOver = false;
        try
        {
            foreach (var step in journal.HasEnded ? [] : steps)
            {
                if (IsDone(journal, step.Step))
                    continue;
                cancellationToken.ThrowIfCancellationRequested();
                if (WhyNot(step) is { } whyNot)
                {
                    Skip(journal, step.Step, whyNot);
                    continue;
                }

                if (isHandedOver = IsElsewhere(context, step.Step))
                    return results.Make(isHandedOver: true);
                results.Write();
                if (await RunAsync(context, step, cancellationToken) is { } failure)
                {
                    await NotifyStep.TellAsync(context, new RecoveryNotice(NoticeKind.Failed, $"{step.Step.Name()} failed: {failure.Message}", $"Go on with: {options.ResumeCommand}"), cancellationToken);
                    return results.Make(failure);
                }
            }

            if (!journal.HasEnded)
                journal.Append(JournalEntryKind.Ended, null, null);
            return results.Make();
        }
        finally
        {
            // However it ended: as far as it came.
            results.Write(isHandedOver);
        }
    }

    private RecoveryJournal OpenJournal()
    {
        var key = options.Catalog.Keys.Signer;
        var wanted = new JournalHeader(
            SetId.Create(clock.GetUtcNow()), options.Catalog.System, options.Catalog.Store.Location, options.Isolated, options.Target);
        if (!options.Resume || RecoveryJournal.Resume(options.JournalFile, key, clock, options.Machine) is not { } journal)
            return RecoveryJournal.Begin(options.JournalFile, wanted, key, clock, options.Machine);
        try
        {
            if (journal.IsOnlyAssessed && !journal.HasEnded)
            {
                // Nothing depends on what was found: it is looked at again, perhaps for another target.
                journal.Dispose();
                return RecoveryJournal.Begin(options.JournalFile, wanted, key, clock, options.Machine);
            }

            RequireSame(journal.Header, wanted, journal.Path);
            if (!journal.HasEnded)
                journal.Append(JournalEntryKind.Resumed, null, ToolVersion.Text);
            return journal;
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }

    private static void RequireSame(JournalHeader found, JournalHeader wanted, string path)
    {
        var (what, was, now) = found.System != wanted.System ? ("system", found.System, wanted.System)
            : found.Store != wanted.Store ? ("store", found.Store, wanted.Store)
            : found.Isolated != wanted.Isolated ? ("kind", Kind(found), Kind(wanted))
            : found.Target != wanted.Target ? ("target", found.Target.ToString(), wanted.Target.ToString())
            : ("", "", "");
        if (what.Length > 0)
            throw new TwiBackupException(
                ExitCode.WrongUse, $"The journal {path} is of a recovery with another {what}: {was}, not {now}. Go on with the same, or move it aside and begin anew.");

        static string Kind(JournalHeader header) => header.Isolated ? "an isolated drill" : "a real recovery";
    }

    /// <summary>One step. Returns its failure, or null.</summary>
    private async Task<Exception?> RunAsync(RecoveryContext context, IRecoveryStep step, CancellationToken cancellationToken)
    {
        var journal = context.Journal;
        progress.Say($"{step.Step.Name()}: {step.Does}");
        var begun = journal.Append(JournalEntryKind.Begun, step.Step, null);
        try
        {
            await ResumeBesidesAsync(context, step.Step, cancellationToken);
            var outcome = await step.RunAsync(cancellationToken);
            var done = journal.Append(JournalEntryKind.Done, step.Step, outcome.Text, outcome.Facts, outcome.Lines);
            progress.Say($"{step.Step.Name()} is done after {Sizes.Text(done.At - begun.At)}: {outcome.Text}");
            return null;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            journal.Append(JournalEntryKind.Stopped, step.Step, "stopped before the end");
            throw;
        }
        catch (Exception e) when (e is TwiBackupException or IOException or UnauthorizedAccessException)
        {
            journal.Append(JournalEntryKind.Failed, step.Step, e.Message);
            return e;
        }
    }

    /// <summary>A killed run took the receiver with it, a machine that was started again the server.</summary>
    private static async Task ResumeBesidesAsync(RecoveryContext context, RecoveryStep next, CancellationToken cancellationToken)
    {
        if (next > RecoveryStep.Database && context.Note(RecoveryStep.Database, DatabaseStep.Opened) is not null && context.Database() is { } database)
            await context.OpenAsync(database, cancellationToken);
    }

    private string? WhyNot(IRecoveryStep step) => options.Skip.Contains(step.Step) ? "left out by --skip or --only" : step.WhyNot;

    /// <summary>Says once why a step is not done; a resumed run may do it after all.</summary>
    private static void Skip(RecoveryJournal journal, RecoveryStep step, string whyNot)
    {
        var name = step.Name();
        if (journal.Entries.LastOrDefault(e => e.Step == name) is not { Kind: JournalEntryKind.Skipped } last || last.Text != whyNot)
            journal.Append(JournalEntryKind.Skipped, step, whyNot);
    }

    private static bool IsDone(RecoveryJournal journal, RecoveryStep step)
    {
        var name = step.Name();
        return journal.Entries.LastOrDefault(e => e.Step == name)?.Kind == JournalEntryKind.Done;
    }

    /// <summary>Whether the step is to be done on the host that this machine has provisioned.</summary>
    private bool IsElsewhere(RecoveryContext context, RecoveryStep step) =>
        options.ContinuesElsewhere && step > RecoveryStep.Provision
        && context.Last(RecoveryStep.Provision, JournalEntryKind.Done)?.Host == options.Machine;

    private static Dictionary<SetKind, string> Chosen(RecoveryJournal journal)
    {
        var facts = journal.Entries.LastOrDefault(e => e.Step == RecoveryStep.Assess.Name() && e.Kind == JournalEntryKind.Done)?.Facts;
        var chosen = new Dictionary<SetKind, string>();
        foreach (var kind in (SetKind[])[SetKind.Full, SetKind.Dump, SetKind.Repository, SetKind.Configuration])
        {
            if (facts?.GetValueOrDefault(kind.Name()) is { } id && SetId.TryParse(id, out _))
                chosen[kind] = id;
        }

        return chosen;
    }

    private static HashSet<string> Damaged(RecoveryJournal journal) =>
        journal.Entries.Select(e => e.Facts?.GetValueOrDefault("damaged")).OfType<string>().ToHashSet(StringComparer.Ordinal);
}
