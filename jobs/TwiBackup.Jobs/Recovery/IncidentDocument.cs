using System.Text;

namespace TwiBackup.Recovery;

/// <summary>
/// The incident as a page of Markdown: what was lost, how long it took, what was done when, the guide's checklist, and the outline of the
/// post-mortem. Told from the journal alone, so that it is right at whatever point the recovery ended.
/// </summary>
internal sealed class IncidentDocument(RecoveryOptions options, RecoveryResult result, JournalHeader header, IReadOnlyList<JournalEntry> entries)
{
    private readonly StringBuilder page = new();

    /// <summary>The page.</summary>
    public string Write()
    {
        var (outage, how) = new ObjectiveJudge(options, entries).Outage();
        Add($"# {(header.Isolated ? "Drill" : "Incident")}: {header.System}, {entries[0].At.UtcDateTime:yyyy-MM-dd}", "");
        Add($"**{State()}**", "");
        Add(MarkdownText.Row("", ""), "| --- | --- |");
        Add(MarkdownText.Row("Recovery", header.Id));
        Add(MarkdownText.Row("Outage since", $"{MarkdownText.Time(outage)} ({how})"));
        Add(MarkdownText.Row("Recovery began", MarkdownText.Time(entries[0].At)));
        Add(MarkdownText.Row("Last entry", MarkdownText.Time(entries[^1].At)));
        Add(MarkdownText.Row("From", MarkdownText.Line(header.Store)));
        Add(MarkdownText.Row("Database to", MarkdownText.Line(header.Target.ToString())));
        Add(MarkdownText.Row("On", MarkdownText.Line(string.Join(", ", entries.Select(e => e.Host).Distinct(StringComparer.Ordinal)))));
        Add(MarkdownText.Row("With", MarkdownText.Line(entries[0].Text)), "");
        AddObjectives();
        AddSets();
        AddSteps();
        AddTimeline();
        Add("## Checklist", "");
        Add([.. Checklist.Lines(result, entries), ""]);
        AddChecks();
        AddToDo();
        PostMortem.AddTo(page, result);
        return page.ToString();
    }

    private string State()
    {
        var what = header.Isolated ? "The drill" : "The system";
        if (result.Steps.FirstOrDefault(s => s.State == StepState.Failed) is { } failed)
            return MarkdownText.Line($"{what} is NOT recovered: {failed.Step.Name()} failed. {failed.Detail}");
        if (result.IsComplete)
            return MarkdownText.Line(result.Met ? $"{what} is recovered, every objective that was measured was met." : $"{what} is recovered, and an objective was MISSED.");
        if (result.IsHandedOver)
            return "The place is provisioned; the recovery goes on there, with an incident document of its own.";
        return MarkdownText.Line($"{what} is NOT recovered yet: {result.Steps.First(s => s.State is StepState.Pending or StepState.Begun).Step.Name()} is not done.");
    }

    private void AddObjectives()
    {
        Add("## Lost, and away", "");
        Add(MarkdownText.Row("component", "lost", "allowed (RPO)", "away", "allowed (RTO)", "met", "how it is known"), "| --- | --- | --- | --- | --- | --- | --- |");
        foreach (var o in result.Objectives)
        {
            var isMeasured = o.Lost is not null || o.Took is not null;
            Add(MarkdownText.Row(
                o.Component, MarkdownText.Span(o.Lost), MarkdownText.Span(o.Rpo), MarkdownText.Span(o.Took), MarkdownText.Span(o.Rto),
                !o.Met ? "**NO**" : isMeasured ? "yes" : "-", MarkdownText.Line(o.How)));
        }

        Add("");
    }

    private void AddSets()
    {
        Add("## Sets", "");
        foreach (var entry in entries.Where(e => e.Kind == JournalEntryKind.Done && e.Facts?.ContainsKey("set") == true))
            Add($"- {entry.Step}: {MarkdownText.Line(entry.Text)}");
        foreach (var line in entries.Where(e => e.Step == RecoveryStep.Assess.Name() && e.Kind == JournalEntryKind.Done).SelectMany(e => e.Lines ?? []))
            Add($"- {MarkdownText.Line(line)}");
        foreach (var entry in entries.Where(e => e.Facts?.ContainsKey("damaged") == true))
            Add($"- {MarkdownText.Line(entry.Text)}");
        Add("");
    }

    private void AddSteps()
    {
        Add("## Steps", "");
        Add(MarkdownText.Row("step", "took", "its share of the RTO", "attempts", "state", "undo"), "| --- | --- | --- | --- | --- | --- |");
        foreach (var step in result.Steps)
        {
            var undo = RecoveryStepList.Of(options, null).First(s => s.Step == step.Step).Undo;
            Add(MarkdownText.Row(
                step.Step.Name(), MarkdownText.Span(step.Took), MarkdownText.Span(step.Share), step.Attempts.ToString(System.Globalization.CultureInfo.InvariantCulture),
                step.State switch
                {
                    StepState.Done when step.IsOverShare => "done, **over its share**",
                    StepState.Skipped => $"not done: {MarkdownText.Line(step.Detail)}",
                    StepState.Failed => "**failed**",
                    var state => state.ToString().ToLowerInvariant(),
                },
                step.State is StepState.Done or StepState.Failed ? MarkdownText.Line(undo) : "-"));
        }

        Add("");
    }

    private void AddTimeline()
    {
        Add("## Timeline (UTC)", "");
        Add(MarkdownText.Row("time", "where", "what"), "| --- | --- | --- |");
        foreach (var entry in entries)
        {
            var text = entry.Kind switch
            {
                JournalEntryKind.Recovery => "the recovery begins",
                JournalEntryKind.Resumed => "the recovery goes on",
                JournalEntryKind.Ended => "the recovery has ended",
                JournalEntryKind.Skipped => $"{entry.Step}: not done, {entry.Text}",
                JournalEntryKind.Noted => $"{entry.Step}: {entry.Text}",
                JournalEntryKind.Failed => $"{entry.Step} FAILED: {entry.Text}",
                JournalEntryKind.Begun => $"{entry.Step} begins",
                _ => $"{entry.Step} {entry.Kind.ToString().ToLowerInvariant()}: {entry.Text}",
            };
            Add(MarkdownText.Row(MarkdownText.Time(entry.At), MarkdownText.Line(entry.Host), MarkdownText.Line(text)));
            foreach (var line in entry.Lines ?? [])
                Add(MarkdownText.Row("", "", MarkdownText.Line(line)));
        }

        Add("");
    }

    private void AddChecks()
    {
        if (result.Checks.Count == 0)
            return;
        Add("## What the system answered", "");
        Add([.. result.Checks.Select(c => $"- {(c.Passed ? "ok" : "**FAILED**")}: {MarkdownText.Line(c.Name)}: {MarkdownText.Line(c.Detail)}"), ""]);
    }

    private void AddToDo()
    {
        Add("## Still to do", "");
        if (!result.IsComplete)
            Add($"- Go on: `{options.ResumeCommand}`");
        if (result.Of(RecoveryStep.Database).State == StepState.Done && !header.Isolated)
        {
            var full = entries.LastOrDefault(e => e.Step == RecoveryStep.Report.Name() && e.Kind == JournalEntryKind.Done)?.Facts?.GetValueOrDefault(ReportStep.FullFact);
            if (full != "taken")
                Add("- Take the first full of the new timeline, unless the scheduler does: `twibackup backup database`");
            Add("- See that backups run by themselves again (`twibackup schedule`), and that all is as promised: `twibackup status`");
        }

        foreach (var kept in entries.SelectMany(e => e.Lines ?? []).Where(l => l.StartsWith("Kept aside: ", StringComparison.Ordinal)).Distinct(StringComparer.Ordinal))
            Add($"- {MarkdownText.Line(kept)}; delete it when nobody misses anything");
        Add("- Monitor, hold the post-mortem, and bring what was learned into the runbook and the policy", "");
    }

    private void Add(params ReadOnlySpan<string> lines)
    {
        foreach (var line in lines)
            page.Append(line).Append('\n');
    }
}
