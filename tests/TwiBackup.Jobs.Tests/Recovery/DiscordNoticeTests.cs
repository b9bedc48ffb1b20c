using TwiBackup.Policy;
using TwiBackup.Recovery;
using TwiBackup.Tests.Alerts;

namespace TwiBackup.Tests.Recovery;

public sealed class DiscordNoticeTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task People_are_told_what_failed_what_to_do_and_no_secret()
    {
        await using var listener = new Listener();
        var notice = Notice(listener.Webhook);
        Assert.Equal("Told by alerts.discord.", await notice.SendAsync(
            new RecoveryNotice(NoticeKind.Failed, "deploy failed: the password hunter2-hunter2 is wrong", "Go on with: twibackup recover --resume"), Cancellation));
        var embed = await listener.NextEmbedAsync();
        Assert.Contains("bot: recover failed", embed.GetProperty("title").GetString(), StringComparison.Ordinal);
        var text = embed.GetRawText();
        Assert.Contains("recover --resume", text, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_webhook_that_is_gone_is_one_line_without_its_URL()
    {
        await using var listener = new Listener();
        listener.Answer(404);
        var notice = Notice(listener.Webhook);
        var failed = await Assert.ThrowsAsync<TwiBackupException>(() => notice.SendAsync(new RecoveryNotice(NoticeKind.Begun, "It begins.", null), Cancellation));
        Assert.Contains("404", failed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Listener.Secret, failed.ToString(), StringComparison.Ordinal);
    }

    private static DiscordNotice Notice(string webhook)
    {
        var policy = PolicyFile.Parse(
            """
            {
              "version": 1, "system": "bot",
              "database": { "mode": "physical", "connection": "host=db", "password": "env:DB_PASSWORD" },
              "stores": { "primary": "/backups" }, "keys": { "recipients": [] },
              "backups": { "full": { "schedule": "0 2 * * *", "keep": "30d" } },
              "objectives": { "database": { "rpo": "1h", "rto": "2h" }, "system": { "rto": "4h" } },
              "alerts": { "discord": "env:WEBHOOK" }
            }
            """,
            "twibackup.json");
        var environment = new Dictionary<string, string> { ["WEBHOOK"] = webhook, ["DB_PASSWORD"] = "hunter2-hunter2" };
        return new DiscordNotice(policy, environment, SecretMask.Of(policy, environment), TimeProvider.System);
    }
}
