using TwiBackup.Alerts;
using TwiBackup.Tests.Scheduling;

namespace TwiBackup.Tests.Alerts;

/// <summary>Alerts at a real listener: up, slow down, broken, silent, gone.</summary>
public sealed class DiscordWebhookTests : IDisposable
{
    private readonly HttpClient client = AlertHttp.CreateClient();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static Alert Sample => new()
    {
        Level = AlertLevel.Failure,
        System = "twi-bot",
        Job = "backup database",
        Message = "PostgreSQL at twi@db:5432/postgres can't be asked: *refused* @everyone. See that it runs.",
        Advice = "Run: twibackup backup database",
        Host = "bot_host",
        Since = new DateTimeOffset(2026, 11, 23, 2, 0, 0, TimeSpan.Zero),
        At = new DateTimeOffset(2026, 11, 23, 4, 0, 0, TimeSpan.Zero),
        Count = 3,
        Duration = TimeSpan.FromSeconds(12),
        Report = "https://ops.test/report",
    };

    public void Dispose() => client.Dispose();

    [Theory]
    [InlineData(200)]
    [InlineData(204)]
    public async Task An_alert_says_at_a_glance_what_where_since_when_and_what_to_do(int status)
    {
        await using var discord = new Listener();
        discord.Answer(status, body: status == 200 ? "{\"id\":\"1\"}" : "");
        await Webhook(discord).SendAsync(Sample, Cancellation);
        var (path, body) = await discord.NextAsync();
        Assert.Equal($"/api/webhooks/1234/{Listener.Secret}", path);
        var message = System.Text.Json.JsonDocument.Parse(body).RootElement;
        Assert.Empty(message.GetProperty("allowed_mentions").GetProperty("parse").EnumerateArray());
        var embed = message.GetProperty("embeds")[0];
        Assert.Equal("❌ twi-bot: backup database failed", embed.GetProperty("title").GetString());
        Assert.Contains("\\*refused\\*", embed.GetProperty("description").GetString(), StringComparison.Ordinal);
        Assert.Equal("https://ops.test/report", embed.GetProperty("url").GetString());
        var fields = embed.GetProperty("fields").EnumerateArray().ToDictionary(f => f.GetProperty("name").GetString()!, f => f.GetProperty("value").GetString()!);
        Assert.Equal("twi-bot", fields["System"]);
        Assert.Equal("bot\\_host", fields["Host"]);
        Assert.StartsWith($"<t:{Sample.Since.ToUnixTimeSeconds()}:f>", fields["Since"], StringComparison.Ordinal);
        Assert.Equal("3 times", fields["How often"]);
        Assert.Equal("Run: twibackup backup database", fields["What to do"]);
        Assert.Contains("https://ops.test/report", fields["Report"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_of_any_length_fits_into_Discords_limits()
    {
        await using var discord = new Listener();
        await Webhook(discord).SendAsync(Sample with { Message = new string('*', 9000), Advice = new string('_', 9000), Host = new string('~', 3000) }, Cancellation);
        var embed = await discord.NextEmbedAsync();
        Assert.InRange(embed.GetProperty("description").GetString()!.Length, 1000, 4096);
        Assert.All(embed.GetProperty("fields").EnumerateArray(), f => Assert.InRange(f.GetProperty("value").GetString()!.Length, 1, 1024));
        var total = embed.GetProperty("title").GetString()!.Length + embed.GetProperty("description").GetString()!.Length
            + embed.GetProperty("fields").EnumerateArray().Sum(f => f.GetProperty("name").GetString()!.Length + f.GetProperty("value").GetString()!.Length);
        Assert.InRange(total, 1, 6000);
    }

    [Theory]
    [InlineData("Retry-After: 0.3\r\n", "")]
    [InlineData("Retry-After: 0\r\nX-RateLimit-Reset-After: 0.3\r\n", "")]
    [InlineData("", "{\"message\": \"You are being rate limited.\", \"retry_after\": 0.3, \"global\": false}")]
    public async Task A_429_is_waited_out_as_long_as_it_says(string headers, string body)
    {
        await using var discord = new Listener();
        discord.Answer(429, headers, body);
        await Webhook(discord).SendAsync(Sample, Cancellation);
        var times = discord.Times.ToArray();
        Assert.Equal(2, times.Length);
        Assert.InRange((times[1] - times[0]).TotalSeconds, 0.29, 5);
    }

    [Fact]
    public async Task A_429_that_asks_for_longer_than_our_patience_is_given_up_and_remembered()
    {
        await using var discord = new Listener();
        discord.Answer(429, "Retry-After: 120\r\n");
        var webhook = Webhook(discord);
        var e = await Assert.ThrowsAsync<TwiBackupException>(() => webhook.SendAsync(Sample, Cancellation));
        Assert.Contains("asks to wait 2m", e.Message, StringComparison.Ordinal);
        Assert.InRange(webhook.NotBefore - DateTimeOffset.UtcNow, TimeSpan.FromSeconds(100), TimeSpan.FromSeconds(120));
        await Assert.ThrowsAsync<TwiBackupException>(() => webhook.SendAsync(Sample, Cancellation));
        Assert.Single(discord.Times);
    }

    [Fact]
    public async Task The_last_message_of_a_bucket_holds_up_the_next()
    {
        await using var discord = new Listener();
        discord.Answer(204, "X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset-After: 0.3\r\n");
        var webhook = Webhook(discord);
        await webhook.SendAsync(Sample, Cancellation);
        await webhook.SendAsync(Sample, Cancellation);
        var times = discord.Times.ToArray();
        Assert.InRange((times[1] - times[0]).TotalSeconds, 0.25, 5);
    }

    [Fact]
    public async Task A_500_is_tried_again_and_a_listener_that_stays_broken_is_given_up()
    {
        await using var discord = new Listener();
        discord.Answer(500);
        await Webhook(discord).SendAsync(Sample, Cancellation);
        Assert.Equal(2, discord.Times.Count);
        for (var i = 0; i < TestAlerts.Delivery.Attempts; i++)
            discord.Answer(503);
        var e = await Assert.ThrowsAsync<TwiBackupException>(() => Webhook(discord).SendAsync(Sample, Cancellation));
        Assert.Contains("503", e.Message, StringComparison.Ordinal);
        Assert.Equal(2 + TestAlerts.Delivery.Attempts, discord.Times.Count);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(404)]
    [InlineData(302)]
    [InlineData(400)]
    public async Task What_will_not_change_is_not_tried_again(int status)
    {
        await using var discord = new Listener();
        discord.Answer(status, $"Location: http://127.0.0.1:{discord.Port}/elsewhere\r\n");
        var e = await Assert.ThrowsAsync<TwiBackupException>(() => Webhook(discord).SendAsync(Sample, Cancellation));
        Assert.Contains($"{status}", e.Message, StringComparison.Ordinal);
        Assert.Single(discord.Times);
    }

    [Fact]
    public async Task A_listener_that_hangs_is_given_up_in_time()
    {
        await using var discord = new Listener();
        for (var i = 0; i < TestAlerts.Delivery.Attempts; i++)
            discord.Answer(0);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var e = await Assert.ThrowsAsync<TwiBackupException>(() => Webhook(discord).SendAsync(Sample, Cancellation));
        Assert.Contains("no answer within 0.4 s", e.Message, StringComparison.Ordinal);
        Assert.InRange(watch.Elapsed.TotalSeconds, 1, 20);
    }

    [Fact]
    public async Task No_failure_shows_the_webhooks_URL()
    {
        var gone = await GoneAsync();
        foreach (var url in (string[])[gone, $"http://127.0.0.1:1/{Listener.Secret}", $"https://no-such-host.invalid/api/webhooks/1/{Listener.Secret}"])
        {
            var webhook = new DiscordWebhook(client, new Uri(url), "alerts.discord (env:HOOK)", TestAlerts.Delivery, TimeProvider.System);
            var e = await Assert.ThrowsAsync<TwiBackupException>(() => webhook.SendAsync(Sample, Cancellation));
            Assert.DoesNotContain(Listener.Secret, e.ToString(), StringComparison.Ordinal);
            Assert.StartsWith("alerts.discord (env:HOOK): ", e.Message, StringComparison.Ordinal);
        }

        foreach (var wrong in (string[])[$"ftp://host/{Listener.Secret}", Listener.Secret, $"http://discord.test/{Listener.Secret}"])
        {
            var e = Assert.Throws<TwiBackupException>(() => AlertHttp.ParseSecretUrl(wrong, "alerts.discord (env:HOOK)", mayBePlain: false));
            Assert.DoesNotContain(Listener.Secret, e.ToString(), StringComparison.Ordinal);
        }
    }

    private static async Task<string> GoneAsync()
    {
        await using var discord = new Listener();
        return discord.Webhook;
    }

    private DiscordWebhook Webhook(Listener discord) =>
        new(client, new Uri(discord.Webhook), "alerts.discord (env:HOOK)", TestAlerts.Delivery, TimeProvider.System);
}
