using TwiBackup.Alerts;
using TwiBackup.Policy;

namespace TwiBackup.Recovery;

/// <summary>Tells people of a recovery by the policy's webhook, each time: unlike a job's failures these are never grouped.</summary>
internal sealed class DiscordNotice(BackupPolicy policy, IReadOnlyDictionary<string, string> environment, SecretMask secrets, TimeProvider clock)
{
    /// <summary>Sends. Throws one line without a secret when it could not be delivered.</summary>
    public async Task<string> SendAsync(RecoveryNotice notice, CancellationToken cancellationToken)
    {
        using var client = AlertHttp.CreateClient();
        var discord = Destination<IAlertSink>.Of(policy.Alerts.Discord, "alerts.discord", environment, mayBePlain: false,
            (url, name) => new DiscordWebhook(client, url, name, new DeliveryOptions(), clock));
        if (discord.Target is not { } target)
            throw new TwiBackupException(discord.Problem ?? "alerts.discord is not set.");
        var now = clock.GetUtcNow();
        await target.SendAsync(
            new Alert
            {
                Level = notice.Kind == NoticeKind.Failed ? AlertLevel.Failure : AlertLevel.Notice,
                System = policy.System,
                Job = "recover",
                Message = secrets.Hide(notice.Message),
                Advice = notice.Advice is { } advice ? secrets.Hide(advice) : null,
                Host = Environment.MachineName,
                Since = now,
                At = now,
                Report = policy.Alerts.Report,
            },
            cancellationToken);
        return "Told by alerts.discord.";
    }
}
