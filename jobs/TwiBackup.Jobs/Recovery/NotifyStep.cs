namespace TwiBackup.Recovery;

/// <summary>Tells people that a recovery runs. That they can't be told is said, and holds up nothing.</summary>
internal sealed class NotifyStep(RecoveryContext context, RecoveryOptions options) : IRecoveryStep
{
    public RecoveryStep Step => RecoveryStep.Notify;

    public string Does => "tell people that a recovery runs";

    public string Precondition => "none";

    public string Undo => "none: what is sent is read";

    public string? WhyNot => options.Actions.Notify is null ? "nobody is named to be told" : null;

    public async Task<StepOutcome> RunAsync(CancellationToken cancellationToken)
    {
        var header = context.Journal.Header;
        var what = options.Isolated ? "A drill: " : "";
        var message = $"{what}{header.System} is being recovered from {header.Store} to {header.Target}.";
        return new StepOutcome(await TellAsync(context, new RecoveryNotice(message, "Its progress stands in the incident document on the host that recovers.", false), cancellationToken));
    }

    /// <summary>Tells people something; the line says how that went.</summary>
    public static async Task<string> TellAsync(RecoveryContext context, RecoveryNotice notice, CancellationToken cancellationToken)
    {
        if (context.Options.Actions.Notify is not { } notify)
            return "Nobody is named to be told.";
        try
        {
            return await notify(notice, cancellationToken);
        }
        catch (Exception e) when (e is TwiBackupException or IOException or HttpRequestException)
        {
            var line = $"NOBODY WAS TOLD: {e.Message}";
            context.Progress.Warn(line);
            return line;
        }
    }
}
