namespace TwiBackup.Recovery;

/// <summary>Tells people that a recovery runs. That they can't be told is said, and holds up nothing.</summary>
internal sealed class NotifyStep(RecoveryContext context, RecoveryOptions options) : IRecoveryStep
{
    /// <summary>The fact that people were told.</summary>
    public const string Told = "told";

    public RecoveryStep Step => RecoveryStep.Notify;

    public string Does => "tell people that a recovery runs";

    public string Precondition => "none: when nobody can be told, that is said, and the recovery goes on";

    public string Undo => "none: what is sent is read";

    public string? WhyNot => options.Actions.Notify is null ? "nobody is named to be told" : null;

    public async Task<StepOutcome> RunAsync(CancellationToken cancellationToken)
    {
        var header = context.Journal.Header;
        var message = $"{(options.Isolated ? "A drill: " : "")}{header.System} is being recovered from {header.Store} to {header.Target}.";
        var (told, text) = await TellAsync(context, new RecoveryNotice(NoticeKind.Begun, message, null), cancellationToken);
        return new StepOutcome(text) { Facts = new Dictionary<string, string> { [Told] = told ? "yes" : "no" } };
    }

    /// <summary>Tells people something; the line says how that went.</summary>
    public static async Task<(bool Told, string Text)> TellAsync(RecoveryContext context, RecoveryNotice notice, CancellationToken cancellationToken)
    {
        if (context.Options.Actions.Notify is not { } notify)
            return (false, "Nobody is named to be told.");
        try
        {
            return (true, await notify(notice, cancellationToken));
        }
        catch (Exception e) when (e is TwiBackupException or IOException or HttpRequestException)
        {
            var line = $"NOBODY WAS TOLD: {e.Message}";
            context.Progress.Warn(line);
            return (false, line);
        }
    }
}
