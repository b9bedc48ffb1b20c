using System.Text;

namespace TwiBackup.Recovery;

/// <summary>Tells from the journal how a recovery went, at whatever point it is.</summary>
internal sealed class RecoveryResults(RecoveryOptions options, RecoveryContext context, TimeProvider clock)
{
    /// <summary>How it went so far.</summary>
    public RecoveryResult Make(Exception? failure = null, bool isHandedOver = false)
    {
        var entries = context.Journal.Entries;
        return new RecoveryResult
        {
            Id = context.Journal.Header.Id,
            System = context.Journal.Header.System,
            StartedAt = entries[0].At,
            EndedAt = clock.GetUtcNow(),
            Steps = [.. RecoverySteps.All.Select(s => ResultOf(s, entries))],
            Objectives = new ObjectiveJudge(options, entries).Judge(),
            Checks = [.. context.Checks],
            Plan = context.Plan,
            Database = context.Database(),
            Failure = failure?.Message,
            Cause = failure,
            IsHandedOver = isHandedOver,
            JournalFile = context.Journal.Path,
            IncidentFile = Path.GetFullPath(options.IncidentFile ?? Path.ChangeExtension(context.Journal.Path, ".md")),
        };
    }

    /// <summary>Writes the incident document as far as the recovery came. That it can't be is said and fails nothing.</summary>
    public void Write(bool isHandedOver = false)
    {
        var result = Make(null, isHandedOver);
        var page = new IncidentDocument(options, result, context.Journal.Header, context.Journal.Entries).Write();
        var staged = result.IncidentFile + ".new";
        try
        {
            File.Delete(staged);
            using (var file = new StreamWriter(staged, new UTF8Encoding(false), new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }))
                file.Write(page);
            File.Move(staged, result.IncidentFile, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            context.Progress.Warn($"The incident document {result.IncidentFile} can't be written: {e.Message} The journal {context.Journal.Path} has it all.");
        }
    }

    private StepResult ResultOf(RecoveryStep step, IReadOnlyList<JournalEntry> entries)
    {
        var name = step.Name();
        var own = entries.Where(e => e.Step == name).ToList();
        var last = own.LastOrDefault(e => e.Kind != JournalEntryKind.Noted);
        var state = last?.Kind switch
        {
            null => StepState.Pending,
            JournalEntryKind.Done => StepState.Done,
            JournalEntryKind.Skipped => StepState.Skipped,
            JournalEntryKind.Failed or JournalEntryKind.Stopped => StepState.Failed,
            _ => StepState.Begun,
        };
        return new StepResult(
            step, state, own.FirstOrDefault(e => e.Kind == JournalEntryKind.Begun)?.At, state == StepState.Begun ? null : last?.At,
            options.Shares.TryGetValue(step, out var share) ? share : null, own.Count(e => e.Kind == JournalEntryKind.Begun), last?.Text ?? "");
    }
}
