using TwiBackup.Tests.Alerts;
using TwiBackup.Verification;

namespace TwiBackup.Tests.Verification.Live;

public sealed class WebhookChecksTests
{
    private const string Section = """{ "webhook": true }""";
    private const string Known = """{"id":"1234","type":1,"name":"bot","token":"x"}""";

    [Fact]
    public async Task A_webhook_that_is_there_passes_and_nothing_is_posted()
    {
        await using var listener = new Listener();
        listener.Answer(200, body: Known);
        var record = await AskAsync(listener);
        LiveSystem.Passed(record);
        var (path, body) = await listener.NextAsync();
        Assert.EndsWith(Listener.Secret, path, StringComparison.Ordinal);
        Assert.Empty(body);
        Assert.Equal(0, listener.Left);
        NothingSecret(record);
    }

    [Theory]
    [InlineData(404, "{}", "alerts.discord (env:DISCORD) answered 404: the webhook is gone or the URL is wrong")]
    [InlineData(401, "{}", "answered 401: the webhook is gone")]
    [InlineData(500, "{}", "answered 500")]
    [InlineData(302, "", "answered 302")]
    [InlineData(200, "<html>", "but not as a Discord webhook does")]
    [InlineData(200, "{\"id\":1}", "but not as a Discord webhook does")]
    public async Task One_that_is_not_there_fails_without_its_URL(int status, string answer, string named)
    {
        await using var listener = new Listener();
        listener.Answer(status, status == 302 ? "Location: http://127.0.0.1:1/x\r\n" : "", answer);
        var record = await AskAsync(listener);
        Assert.Contains(named, LiveSystem.Failed(record).Detail, StringComparison.Ordinal);
        NothingSecret(record);
    }

    [Fact]
    public async Task One_that_nobody_answers_for_fails()
    {
        var listener = new Listener();
        await listener.DisposeAsync();
        var record = await AskAsync(listener);
        Assert.Contains("connection refused", LiveSystem.Failed(record).Detail, StringComparison.Ordinal);
        NothingSecret(record);
    }

    [Fact]
    public async Task The_applications_own_are_asked_by_their_variables()
    {
        await using var system = new LiveSystem();
        await using var listener = new Listener();
        listener.Answer(200, body: Known);
        system.Write(".env", $"WEBHOOK={listener.Webhook}\n");
        var record = await system.AskAsync("""{ "environment": { "file": "DIR/.env", "webhooks": ["WEBHOOK", "WEBHOOK_TESTING_LOG"] } }""", "webhook");
        LiveSystem.Passed(record);
        Assert.Equal("webhook/WEBHOOK", Assert.Single(record.Checks).Name);
        Assert.Equal(["webhook/alerts", "webhook/WEBHOOK_TESTING_LOG"], record.NotRun!.Select(check => check.Name));
        NothingSecret(record);
        system.Write(".env", $"WEBHOOK=ftp://{Listener.Secret}\n");
        record = await system.AskAsync("""{ "environment": { "file": "DIR/.env", "webhooks": ["WEBHOOK"] } }""", "webhook");
        Assert.Contains("WEBHOOK is no https URL", LiveSystem.Failed(record).Detail, StringComparison.Ordinal);
        NothingSecret(record);
    }

    private static async Task<VerificationRecord> AskAsync(Listener listener)
    {
        await using var system = new LiveSystem();
        system.Environment["DISCORD"] = listener.Webhook;
        return await system.AskAsync(system.Policy(Section, alerts: """{ "discord": "env:DISCORD" }"""), "webhook");
    }

    private static void NothingSecret(VerificationRecord record) => Assert.DoesNotContain(
        record.Checks.Select(check => check.Detail).Concat((record.NotRun ?? []).Select(check => check.Why)),
        text => text.Contains(Listener.Secret, StringComparison.Ordinal));
}
