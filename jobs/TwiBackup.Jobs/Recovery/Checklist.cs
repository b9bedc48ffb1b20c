namespace TwiBackup.Recovery;

/// <summary>The Disaster Recovery Checklist of the backup and recovery guide, ticked by what the journal tells.</summary>
internal static class Checklist
{
    private static readonly (string Point, RecoveryStep? Step)[] Points =
    [
        ("Assess the situation and declare disaster if necessary", RecoveryStep.Assess),
        ("Notify stakeholders", RecoveryStep.Notify),
        ("Provision new infrastructure", RecoveryStep.Provision),
        ("Restore code repository", RecoveryStep.Repository),
        ("Restore configuration", RecoveryStep.Configuration),
        ("Restore database", RecoveryStep.Database),
        ("Deploy application", RecoveryStep.Deploy),
        ("Verify functionality", RecoveryStep.Verify),
        ("Update DNS/routing if necessary", RecoveryStep.Route),
        ("Monitor system for issues", null),
        ("Document the incident and recovery process", RecoveryStep.Report),
        ("Conduct post-mortem analysis", null),
    ];

    /// <summary>The twelve points as lines of Markdown.</summary>
    public static IEnumerable<string> Lines(RecoveryResult result, IReadOnlyList<JournalEntry> entries) => Points.Select(point =>
    {
        if (point.Step is not { } step)
            return $"- [ ] {point.Point} (a person's: {(point.Point.StartsWith("Monitor", StringComparison.Ordinal) ? "`twibackup status`, the alerts, the bot's own log" : "the outline is below")})";
        var how = result.Of(step);
        var text = MarkdownText.Line(how.Detail);
        return how.State switch
        {
            StepState.Done when step == RecoveryStep.Notify && !WasTold(entries) => $"- [ ] {point.Point} ({text})",
            StepState.Done => $"- [x] {point.Point} ({MarkdownText.Time(how.EndedAt)}: {text})",
            StepState.Skipped => $"- [ ] {point.Point} (not done: {text})",
            StepState.Failed => $"- [ ] {point.Point} (FAILED {MarkdownText.Time(how.EndedAt)}: {text})",
            StepState.Begun => $"- [ ] {point.Point} (begun {MarkdownText.Time(how.StartedAt)}, not ended)",
            _ => $"- [ ] {point.Point} (not reached)",
        };
    });

    private static bool WasTold(IReadOnlyList<JournalEntry> entries) =>
        entries.LastOrDefault(e => e.Step == RecoveryStep.Notify.Name() && e.Kind == JournalEntryKind.Done)?.Facts?.GetValueOrDefault(NotifyStep.Told) == "yes";
}
