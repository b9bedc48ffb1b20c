using System.Globalization;
using TwiBackup.Postgres;
using TwiBackup.Progress;

namespace TwiBackup.Recovery;

/// <summary>What the steps of one run share. What must outlive the run stands in the journal and is read from there.</summary>
internal sealed class RecoveryContext(RecoveryOptions options, RecoveryJournal journal, IProgressReporter progress, TimeProvider clock) : IAsyncDisposable
{
    private IAsyncDisposable? receiver;
    private Task<string>? full;
    private bool isOpen;
    private readonly CancellationTokenSource ending = new();

    public RecoveryOptions Options => options;

    public RecoveryJournal Journal => journal;

    public IProgressReporter Progress => progress;

    public TimeProvider Clock => clock;

    /// <summary>The plan, once it is made.</summary>
    public RecoveryPlan? Plan { get; set; }

    /// <summary>What the system answered.</summary>
    public List<Verification.Check> Checks { get; } = [];

    /// <summary>Asks for a plan; the steps are the run's.</summary>
    public required Func<CancellationToken, Task<RecoveryPlan>> PlanAsync { get; init; }

    /// <summary>The plan of an earlier run, or of this one.</summary>
    public async Task<RecoveryPlan> RequirePlanAsync(CancellationToken cancellationToken) => Plan ??= await PlanAsync(cancellationToken);

    /// <summary>The last line of a kind that a step has in the journal.</summary>
    public JournalEntry? Last(RecoveryStep step, params ReadOnlySpan<JournalEntryKind> kinds)
    {
        var name = step.Name();
        foreach (var entry in journal.Entries.Reverse())
        {
            if (entry.Step == name && kinds.Contains(entry.Kind))
                return entry;
        }

        return null;
    }

    /// <summary>The last note of a step with this text.</summary>
    public JournalEntry? Note(RecoveryStep step, string text)
    {
        var name = step.Name();
        return journal.Entries.LastOrDefault(e => e.Step == name && e.Kind == JournalEntryKind.Noted && e.Text == text);
    }

    /// <summary>Whether an earlier run, or an earlier attempt, began the step.</summary>
    public bool IsRepeated(RecoveryStep step)
    {
        var name = step.Name();
        return journal.Entries.Count(e => e.Step == name && e.Kind == JournalEntryKind.Begun) > 1;
    }

    /// <summary>When a step was begun for the first time.</summary>
    public DateTimeOffset FirstBegun(RecoveryStep step)
    {
        var name = step.Name();
        return journal.Entries.First(e => e.Step == name && e.Kind == JournalEntryKind.Begun).At;
    }

    /// <summary>The database as the journal knows it; null: it is not restored.</summary>
    public RecoveredDatabase? Database()
    {
        if (Note(RecoveryStep.Database, DatabaseStep.Restored)?.Facts is not { } facts || options.DataDirectory is null)
            return null;
        var major = int.Parse(facts["major"], CultureInfo.InvariantCulture);
        return new RecoveredDatabase
        {
            DataDirectory = options.DataDirectory,
            Installation = options.Installation ?? PostgresInstallation.Find(major, options.Environment),
            Account = options.Account ?? ServerAccount.Resolve(options.Environment),
            SetId = facts["set"],
            SystemIdentifier = facts["cluster"],
            Timeline = uint.Parse(facts["timeline"], CultureInfo.InvariantCulture),
            ReachedLsn = Lsn.Parse(facts["reached"]),
            LastCommit = facts.TryGetValue("lastCommit", out var commit) ? DateTimeOffset.Parse(commit, CultureInfo.InvariantCulture) : null,
            ReplayedBytes = long.Parse(facts["replayed"], CultureInfo.InvariantCulture),
        };
    }

    /// <summary>
    /// Lets clients in, once a run: a server may have ended with the run that had opened it. The receiver is in place before, the first full
    /// begins behind it.
    /// </summary>
    public async Task<string> OpenAsync(RecoveredDatabase database, CancellationToken cancellationToken)
    {
        if (isOpen || options.Actions.OpenDatabase is not { } open)
            return "";
        if (!options.Isolated && options.Actions.StartReceiver is { } start)
            receiver ??= await start(database, cancellationToken);
        progress.Stage("open");
        var said = await open(database, cancellationToken);
        isOpen = true;
        if (Note(RecoveryStep.Database, DatabaseStep.Opened) is null)
            journal.Append(JournalEntryKind.Noted, RecoveryStep.Database, DatabaseStep.Opened);
        if (!options.Isolated && options.Actions.TakeFull is { } take)
            full = Task.Run(() => take(database, ending.Token), CancellationToken.None);
        return said;
    }

    /// <summary>How the first full went; null: none was begun. Its failure is a line, not an exception.</summary>
    public async Task<(bool Taken, string Text)?> FullAsync(CancellationToken cancellationToken)
    {
        if (full is null)
            return null;
        try
        {
            return (true, await full.WaitAsync(cancellationToken));
        }
        catch (Exception e) when (e is TwiBackupException or IOException)
        {
            return (false, e.Message);
        }
    }

    /// <summary>Ends the receiver: what it has is stored first.</summary>
    public async Task EndReceiverAsync()
    {
        if (receiver is { } running)
            await running.DisposeAsync();
        receiver = null;
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        if (full is not null)
            await ((Task)full).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await EndReceiverAsync();
        ending.Dispose();
    }
}
