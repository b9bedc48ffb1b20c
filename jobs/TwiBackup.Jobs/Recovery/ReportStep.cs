namespace TwiBackup.Recovery;

/// <summary>
/// Ends what ran beside: waits for the first full, hands the receiver's slot over, tells people. The incident document is written by the
/// run, here and whenever it ends.
/// </summary>
internal sealed class ReportStep(RecoveryContext context) : IRecoveryStep
{
    /// <summary>The fact that tells how the first full went.</summary>
    public const string FullFact = "full";

    public RecoveryStep Step => RecoveryStep.Report;

    public string Does => "wait for the first full of the new timeline, tell people, complete the incident document";

    public string Precondition => "none";

    public string Undo => "nothing is changed";

    public string? WhyNot => null;

    public async Task<StepOutcome> RunAsync(CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        var facts = new Dictionary<string, string>();
        if (await context.FullAsync(cancellationToken) is { } full)
        {
            facts[FullFact] = full.Taken ? "taken" : "failed";
            lines.Add(full.Taken ? full.Text : $"The first full of the new timeline was not taken: {full.Text} Take it: twibackup backup database");
            if (!full.Taken)
                context.Progress.Warn(lines[^1]);
        }

        await context.EndReceiverAsync();
        var message = $"{context.Journal.Header.System} is recovered{(context.Options.Isolated ? " (a drill)" : "")}.";
        lines.Add((await NotifyStep.TellAsync(context, new RecoveryNotice(NoticeKind.Recovered, message, null), cancellationToken)).Text);
        return new StepOutcome("The recovery is documented.") { Facts = facts, Lines = lines };
    }
}
