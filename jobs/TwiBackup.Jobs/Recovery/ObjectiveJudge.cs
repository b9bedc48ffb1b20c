using System.Globalization;

namespace TwiBackup.Recovery;

/// <summary>
/// Holds what the journal tells against the objectives. Times to recover count from the outage: when it was said, else from the last sign of
/// life in the store (a drill and a recovery to a chosen point: from their beginning).
/// </summary>
internal sealed class ObjectiveJudge(RecoveryOptions options, IReadOnlyList<JournalEntry> entries)
{
    private readonly JournalEntry began = entries[0];
    private readonly IReadOnlyDictionary<string, string>? found =
        entries.LastOrDefault(e => e.Step == RecoveryStep.Assess.Name() && e.Kind == JournalEntryKind.Done)?.Facts;

    /// <summary>When the outage began, and how that is known.</summary>
    public (DateTimeOffset At, string How) Outage()
    {
        if ((options.OutageSince ?? Time("outage")) is { } said)
            return (said, "as it was said");
        if (!options.Isolated && options.Target.IsLatest && Time("newest") is { } sign && sign < began.At)
            return (sign, "by the last sign of life in the store");
        return (began.At, "by the recovery's beginning");
    }

    /// <summary>All components that have an objective.</summary>
    public IReadOnlyList<ObjectiveResult> Judge()
    {
        var (outage, how) = Outage();
        var opened = At(RecoveryStep.Database, e => e.Text == DatabaseStep.Opened) ?? Done(RecoveryStep.Database);
        var deployed = Done(RecoveryStep.Deploy);
        var results = new List<ObjectiveResult>();
        if (options.DataDirectory is not null || options.Actions.RestoreDump is not null)
        {
            var (lost, lostHow) = LostOfDatabase(outage);
            results.Add(new ObjectiveResult(
                "database", lost, options.Objectives.Database.Rpo, opened - outage, options.Objectives.Database.Rto, $"{lostHow}; away since {how}"));
        }

        if (options.Actions.Deploy is not null)
            results.Add(new ObjectiveResult(
                "bot", null, null, deployed - (opened ?? began.At), options.Objectives.Bot.Rto, "from the open database to the started application"));
        if (options.ConfigurationRoot is not null)
            results.Add(new ObjectiveResult(
                "configuration", null, options.Objectives.Configuration.Rpo, null, null,
                $"newest change stored at {Fact(RecoveryStep.Configuration, "completed") ?? "an unknown time"}; a set is taken only when something changed, so its age is no loss"));
        if (options.RepositoryFolder is not null)
        {
            var completed = Parse(Fact(RecoveryStep.Repository, "completed"));
            results.Add(new ObjectiveResult(
                "repository", completed is null ? null : Positive(outage - completed.Value), options.Objectives.Repository.Rpo, null, null,
                "at most: from the set to the outage; what was pushed elsewhere is there"));
        }

        results.Add(new ObjectiveResult(
            "system", null, null, IsComplete() ? LastDone() - outage : null, options.Objectives.System.Rto, $"away since {how}"));
        return results;
    }

    private (TimeSpan? Lost, string How) LostOfDatabase(DateTimeOffset outage)
    {
        if (!options.Target.IsLatest)
            return (null, $"recovered to {options.Target}, which was chosen");
        if (Time("newest") is not { } newest)
            return (null, "nothing was restored");
        return (options.OutageSince ?? Time("outage")) is not null
            ? (Positive(outage - newest), "from the newest point in the store to the outage as it was said")
            : (Positive(began.At - newest), "at most: from the newest point in the store to the recovery's beginning");
    }

    private bool IsComplete() => RecoverySteps.All.Where(s => s != RecoveryStep.Report)
        .All(s => entries.LastOrDefault(e => e.Step == s.Name())?.Kind is JournalEntryKind.Done or JournalEntryKind.Skipped);

    private DateTimeOffset? LastDone() => entries
        .Where(e => e.Kind == JournalEntryKind.Done && e.Step != RecoveryStep.Report.Name())
        .Select(e => (DateTimeOffset?)e.At)
        .Max();

    private DateTimeOffset? Done(RecoveryStep step) => At(step, e => e.Kind == JournalEntryKind.Done);

    private DateTimeOffset? At(RecoveryStep step, Func<JournalEntry, bool> which) => entries.LastOrDefault(e => e.Step == step.Name() && which(e))?.At;

    private string? Fact(RecoveryStep step, string name) =>
        entries.LastOrDefault(e => e.Step == step.Name() && e.Kind == JournalEntryKind.Done)?.Facts?.GetValueOrDefault(name);

    private DateTimeOffset? Time(string fact) => Parse(found?.GetValueOrDefault(fact));

    private static DateTimeOffset? Parse(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    private static TimeSpan Positive(TimeSpan time) => time > TimeSpan.Zero ? time : TimeSpan.Zero;
}
