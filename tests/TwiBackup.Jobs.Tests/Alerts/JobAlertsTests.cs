using TwiBackup.Alerts;
using TwiBackup.Tests.Scheduling;
using TwiBackup.Tests.Sealing;

namespace TwiBackup.Tests.Alerts;

/// <summary>What is told, how often, and what happens when it can't be.</summary>
public sealed class JobAlertsTests : IAsyncDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 2, 0, 0, TimeSpan.Zero);

    private readonly TempFolder folder = new();
    private readonly Listener discord = new();
    private readonly ManualClock clock = new(Start) { IsRunning = true };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await discord.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task The_same_failure_is_told_once_then_after_hours_with_its_count_and_its_recovery_once()
    {
        await using var test = new TestAlerts(folder.Path, discord.Webhook, clock: clock);
        await test.FailAsync("Slot at 0/3000148 is gone.");
        Assert.Equal("❌ twi: backup database failed", Title(await discord.NextEmbedAsync()));
        for (var i = 0; i < 5; i++)
        {
            clock.Advance(TimeSpan.FromHours(1));
            await test.FailAsync($"Slot at 0/{i}AF0148 is gone.");
        }

        Assert.Equal(0, discord.Left);
        clock.Advance(TimeSpan.FromHours(1));
        await test.FailAsync("Slot at 0/9000148 is gone.");
        var again = await discord.NextEmbedAsync();
        Assert.Equal("7 times", Field(again, "How often"));
        Assert.StartsWith($"<t:{Start.ToUnixTimeSeconds()}:f>", Field(again, "Since"), StringComparison.Ordinal);

        await test.SucceedAsync();
        var over = await discord.NextEmbedAsync();
        Assert.Equal("✅ twi: backup database works again", Title(over));
        Assert.Contains("7 times in 6 h", over.GetProperty("description").GetString(), StringComparison.Ordinal);
        await test.SucceedAsync();
        Assert.Equal(0, discord.Left);
        Assert.Empty(test.Said);
    }

    [Fact]
    public async Task Another_cause_and_another_job_are_told_at_once()
    {
        await using var test = new TestAlerts(folder.Path, discord.Webhook, clock: clock);
        await test.FailAsync("The disk is full.");
        await test.FailAsync("The database is down.");
        await test.FailAsync("The database is down.", "verify database");
        Assert.Equal(3, discord.Left);
        await test.SucceedAsync();
        // One for both causes of the job.
        Assert.Equal(4, discord.Left);
    }

    [Fact]
    public async Task A_message_that_differs_each_time_is_no_flood()
    {
        await using var test = new TestAlerts(folder.Path, discord.Webhook, clock: clock);
        for (var i = 0; i < 100; i++)
            await test.FailAsync($"Word {new string((char)('g' + (i % 20)), 1 + (i / 20))} was said.");
        Assert.InRange(discord.Left, 5, 6);
    }

    [Fact]
    public async Task What_was_told_is_known_to_the_next_process()
    {
        await using (var first = new TestAlerts(folder.Path, discord.Webhook, clock: clock))
            await first.FailAsync();
        await using (var second = new TestAlerts(folder.Path, discord.Webhook, clock: clock))
            await second.FailAsync();
        Assert.Equal(1, discord.Left);
        await using (var third = new TestAlerts(folder.Path, discord.Webhook, clock: clock))
            await third.SucceedAsync();
        Assert.Equal(2, discord.Left);
        var state = Path.Combine(folder.Path, "alerts-twi.json");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(state));
        Assert.DoesNotContain(Listener.Secret, await File.ReadAllTextAsync(state, Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_at_once_tell_a_failure_once()
    {
        var tests = Enumerable.Range(0, 8).Select(_ => new TestAlerts(folder.Path, discord.Webhook, clock: TimeProvider.System)).ToList();
        await Task.WhenAll(tests.Select(t => Task.Run(() => t.FailAsync())));
        Assert.Equal(1, discord.Left);
        foreach (var test in tests)
        {
            Assert.Empty(test.Said);
            await test.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("{ \"groups\": [")]
    [InlineData("null")]
    [InlineData("{ \"groups\": null }")]
    public async Task A_damaged_state_file_begins_anew(string damage)
    {
        folder.Write("alerts-twi.json", damage);
        await using var test = new TestAlerts(folder.Path, discord.Webhook, clock: clock);
        await test.FailAsync();
        await test.FailAsync();
        Assert.Equal(1, discord.Left);
    }

    [Fact]
    public async Task Without_a_usable_folder_the_process_groups_for_itself_and_says_so_once()
    {
        // A file where the folder should be: also root can't use it.
        var blocked = folder.Write("blocked", "");
        await using var test = new TestAlerts(blocked, discord.Webhook, clock: clock);
        await test.FailAsync();
        await test.FailAsync();
        await test.SucceedAsync();
        Assert.Equal(2, discord.Left);
        Assert.Contains("TWIBACKUP_STATE", Assert.Single(test.Said), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_listener_that_is_down_fails_nothing_is_said_and_hears_it_later()
    {
        for (var i = 0; i < TestAlerts.Delivery.Attempts; i++)
            discord.Answer(500);
        await using var test = new TestAlerts(folder.Path, discord.Webhook, clock: clock);
        await test.FailAsync("The disk is full.");
        var line = Assert.Single(test.Said);
        Assert.StartsWith("ALERT NOT SENT (twi: backup database failed: The disk is full.): alerts.discord (env:HOOK): it answered 500", line, StringComparison.Ordinal);
        Assert.DoesNotContain(Listener.Secret, line, StringComparison.Ordinal);
        for (var i = 0; i < TestAlerts.Delivery.Attempts; i++)
            await discord.NextAsync();
        await test.Alerts.FlushAsync(Cancellation);
        Assert.Equal("❌ twi: backup database failed", Title(await discord.NextEmbedAsync()));
    }

    [Fact]
    public async Task A_listener_that_refuses_connections_fails_nothing()
    {
        var port = discord.Port;
        await discord.DisposeAsync();
        await using var test = new TestAlerts(folder.Path, $"http://127.0.0.1:{port}/{Listener.Secret}", clock: clock);
        await test.FailAsync();
        Assert.Contains("connection refused", Assert.Single(test.Said), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_webhook_that_is_not_set_is_said_with_what_would_have_been_told_and_fails_nothing()
    {
        await using var test = new TestAlerts(folder.Path, null, clock: clock);
        await test.FailAsync("The disk is full.");
        var line = Assert.Single(test.Said);
        Assert.Contains("The disk is full.", line, StringComparison.Ordinal);
        Assert.Contains("HOOK", line, StringComparison.Ordinal);
        Assert.Contains("HOOK", Assert.Single(test.Alerts.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rate_limit_is_honoured_by_the_next_process_too()
    {
        discord.Answer(429, "Retry-After: 3600\r\n");
        await using (var first = new TestAlerts(folder.Path, discord.Webhook, clock: clock))
            await first.FailAsync();
        await using (var second = new TestAlerts(folder.Path, discord.Webhook, clock: clock))
            await second.FailAsync("Something else.");
        Assert.Equal(1, discord.Left);
        clock.Advance(TimeSpan.FromHours(1.1));
        await using var third = new TestAlerts(folder.Path, discord.Webhook, clock: clock);
        await third.Alerts.FlushAsync(Cancellation);
        Assert.Equal(3, discord.Left);
    }

    [Fact]
    public async Task A_notice_is_told_once_and_holds_nothing_open()
    {
        await using var ping = new Listener();
        await using var test = new TestAlerts(folder.Path, discord.Webhook, ping.Webhook, clock);
        await test.Alerts.NoticeAsync("wal receive", "Slot twibackup was made now.", null, Cancellation);
        await test.Alerts.NoticeAsync("wal receive", "Slot twibackup was made now.", null, Cancellation);
        Assert.Equal("⚠️ twi: wal receive", Title(await discord.NextEmbedAsync()));
        Assert.Equal(0, discord.Left);
        await test.SucceedAsync();
        Assert.Equal(1, ping.Left);
        Assert.Equal(0, discord.Left);
    }

    [Fact]
    public async Task The_dead_mans_switch_hears_of_success_only_while_nothing_is_failing()
    {
        await using var ping = new Listener();
        await using var test = new TestAlerts(folder.Path, discord.Webhook, $"http://127.0.0.1:{ping.Port}/ping/abc", clock);
        await test.SucceedAsync("prune");
        Assert.Equal("/ping/abc", (await ping.NextAsync()).Path);
        await test.FailAsync();
        Assert.Equal("/ping/abc/fail", (await ping.NextAsync()).Path);
        await test.SucceedAsync("prune");
        Assert.Equal(0, ping.Left);
        await test.SucceedAsync();
        Assert.Equal("/ping/abc", (await ping.NextAsync()).Path);
    }

    [Fact]
    public async Task A_dead_mans_switch_that_does_not_answer_is_said_without_its_URL()
    {
        await using var ping = new Listener();
        ping.Answer(0);
        ping.Answer(500);
        await using var test = new TestAlerts(folder.Path, discord.Webhook, ping.Webhook, clock: TimeProvider.System);
        await test.SucceedAsync();
        var line = Assert.Single(test.Said);
        Assert.Contains("alerts.ping (env:PING): it answered 500", line, StringComparison.Ordinal);
        Assert.DoesNotContain(Listener.Secret, line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://hc-ping.com/5f7", "https://hc-ping.com/5f7/fail")]
    [InlineData("https://checks.test/ping/key/slug?create=1", "https://checks.test/ping/key/slug/fail?create=1")]
    [InlineData("https://uptime.betterstack.com/api/v1/heartbeat/x", "https://uptime.betterstack.com/api/v1/heartbeat/x/fail")]
    [InlineData("https://kuma.test/api/push/x?status=up&msg=OK&ping=", "https://kuma.test/api/push/x?status=down&msg=failed")]
    [InlineData("https://nosnch.in/c2354d53d2", null)]
    public void A_failure_is_told_to_switches_whose_URL_says_how(string url, string? failure) =>
        Assert.Equal(failure, SwitchUrls.Of(new Uri(url)).Failure?.ToString());

    private static string? Title(System.Text.Json.JsonElement embed) => embed.GetProperty("title").GetString();

    private static string? Field(System.Text.Json.JsonElement embed, string name) =>
        embed.GetProperty("fields").EnumerateArray().Single(f => f.GetProperty("name").GetString() == name).GetProperty("value").GetString();
}
