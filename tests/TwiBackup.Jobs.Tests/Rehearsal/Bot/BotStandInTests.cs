using System.Globalization;
using TwiBackup.Postgres;
using TwiBackup.Rehearsal.Bot;

namespace TwiBackup.Tests.Rehearsal.Bot;

public sealed class BotStandInTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_writes_into_every_table_that_the_bot_writes_into()
    {
        await using var database = await BotDatabase.StartAsync();
        var bot = new BotStandIn(database.Options() with { MessagesPerSecond = 2000, RefreshInterval = TimeSpan.FromMilliseconds(200) });
        await RunUntilAsync(bot, () => bot.Status.Messages >= 3000);
        Assert.Equal(0, bot.Status.RefusedStatements);
        string[] tables =
        [
            "messages", "users", "reactions", "attachments", "mentions", "embeds", "embed_fields", "message_edit", "updates",
            "command_history", "join_leave", "voice_activity", "thread_membership", "quotes", "links", "webhook_pins", "poll",
            "poll_option", "patreon_posts", "bot_metrics", "member_cache",
        ];
        foreach (var table in tables)
            Assert.True(long.Parse(await database.AskAsync($"select count(*) from {table}"), CultureInfo.InvariantCulture) > 0, table);
        Assert.NotEqual("0", await database.AskAsync("select count(*) from messages where deleted"));
        Assert.NotEqual("0", await database.AskAsync("select count(*) from reactions where removed"));
        Assert.NotEqual(
            "0", await database.AskAsync("select count(*) from command_history where finished_successfully and run_time is not null"));
        Assert.NotEqual("0", await database.AskAsync("select count(*) from user_activity"));
        Assert.Equal("1", await database.AskAsync("select count(*) from bot_metrics where metric_type = 'startup_time'"));
        await using var asBot = await database.OpenAsync(database.Bot);
        Assert.All(
            await BotChecks.RunAsync(asBot, cancellation: Cancel), check => Assert.True(check.Passed, $"{check.Name}: {check.Detail}"));
    }

    [Fact]
    public async Task It_keeps_to_its_rate()
    {
        await using var database = await BotDatabase.StartAsync();
        var bot = new BotStandIn(database.Options() with { MessagesPerSecond = 50 });
        var before = TimeProvider.System.GetTimestamp();
        await RunUntilAsync(bot, () => bot.Status.Messages >= 150);
        Assert.InRange(TimeProvider.System.GetElapsedTime(before).TotalSeconds, 2.5, 30);
    }

    [Fact]
    public async Task Every_acknowledged_heartbeat_is_in_the_database_after_kills_and_it_writes_on()
    {
        await using var database = await BotDatabase.StartAsync(("fsync", "on"));
        var bot = new BotStandIn(database.Options() with { MessagesPerSecond = 200, HeartbeatInterval = TimeSpan.FromMilliseconds(1) });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var running = bot.RunAsync(stop.Token);
        var since = MonotonicInstant.Now();
        for (var round = 1; round <= 3; round++)
        {
            await UntilAsync(bot, running, () => bot.Status.Starts == round && bot.Status.Heartbeats >= round * 50);
            var kill = MonotonicInstant.Now();
            database.Server.Server.Kill();
            await database.Server.Server.WaitForExitAsync(Cancel);
            await database.Server.StartAgainAsync();
            var back = await bot.NextHeartbeatAsync(Cancel).WaitAsync(Patience, Cancel);
            Assert.True(back.Ticks > kill.Ticks);

            await using var recovered = await database.OpenAsync();
            var result = await HeartbeatComparer.CompareAsync(AckLog.Read(database.AckPath), recovered, kill, since, Cancel);
            Assert.True(result.Sound);
            Assert.Equal((0, TimeSpan.Zero), (result.Lost, result.Recoverable));
            Assert.True(result.Extra.Count <= 1, $"{result.Extra.Count} rows without an acknowledgement");
            since = kill;
        }

        Assert.False(running.IsCompleted);
        await stop.CancelAsync();
        await running;
        Assert.Equal("4", await database.AskAsync("select count(*) from bot_metrics where metric_type = 'startup_time'"));
        await NoAcknowledgementIsAheadAsync(database);
    }

    [Fact]
    public async Task It_waits_while_the_database_is_gone_and_goes_on_in_the_one_that_replaces_it()
    {
        await using var database = await BotDatabase.StartAsync();
        var bot = new BotStandIn(database.Options());
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var running = bot.RunAsync(stop.Token);
        await bot.NextHeartbeatAsync(Cancel).WaitAsync(Patience, Cancel);
        await database.Server.ExecuteAsync("postgres", "drop database cognita with (force)");
        // An empty database in its place is no recovery: nothing may be created in it.
        await database.Server.ExecuteAsync("postgres", "create database cognita owner cognita_bot");
        await UntilAsync(
            bot, running, () => bot.Status is { Running: false, LastError: { } why } && why.Contains("schema", StringComparison.Ordinal));
        Assert.Equal("0", await database.AskAsync("select count(*) from pg_class where relnamespace = 'public'::regnamespace"));
        await database.Server.ExecuteAsync("postgres", "drop database cognita with (force)");

        await BotSchema.LoadAsync(database.Server.Superuser, BotSchema.DefaultDatabase, BotSchema.DefaultRole, password: null, Cancel);
        await bot.NextHeartbeatAsync(Cancel).WaitAsync(Patience, Cancel);
        Assert.Equal(2, bot.Status.Starts);
        await stop.CancelAsync();
        await running;
        Assert.False(bot.Status.Running);
    }

    [Fact]
    public async Task A_database_restored_to_the_wrong_owner_is_never_written_to()
    {
        await using var database = await BotDatabase.StartAsync();
        await database.ExecuteAsync("alter table messages owner to postgres", "grant all on messages to cognita_bot");
        var error = await Assert.ThrowsAsync<TwiBackupException>(() => new BotStandIn(database.Options()).RunAsync(Cancel));
        Assert.Contains("must be owner of table messages", error.Message, StringComparison.Ordinal);
        Assert.Equal("0", await database.AskAsync("select count(*) from heartbeat"));
    }

    [Fact]
    public async Task A_database_that_was_never_loaded_ends_it_at_once()
    {
        await using var database = await BotDatabase.StartAsync();
        var options = database.Options() with { Connection = database.Server.App };
        var error = await Assert.ThrowsAsync<TwiBackupException>(() => new BotStandIn(options).RunAsync(Cancel));
        Assert.Contains("load its schema", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("app-secret", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Heartbeats_are_as_often_as_asked_and_synced_one_by_one()
    {
        await using var database = await BotDatabase.StartAsync();
        var bot = new BotStandIn(database.Options() with { HeartbeatInterval = TimeSpan.FromMilliseconds(50), MessagesPerSecond = 0 });
        await RunUntilAsync(bot, () => bot.Status.Heartbeats >= 40);
        var ticks = AckLog.Read(database.AckPath).Records.Select(one => one.Ticks).ToList();
        var gaps = ticks.Zip(
            ticks.Skip(1), (earlier, later) => MonotonicInstant.Between(earlier, later).TotalMilliseconds).Order().ToList();
        Assert.InRange(gaps[gaps.Count / 2], 40, 60);
        Assert.Equal(0, bot.Status.Messages);
        await NoAcknowledgementIsAheadAsync(database);
    }

    [Fact]
    public void A_heartbeat_too_slow_to_measure_by_is_refused()
    {
        var options = new BotOptions
        {
            Connection = new ConnectionSettings { Host = "/nowhere", User = "nobody" },
            AcknowledgementPath = "/nowhere/acks",
            HeartbeatInterval = TimeSpan.FromMilliseconds(101),
        };
        Assert.Equal(ExitCode.WrongUse, Assert.Throws<TwiBackupException>(() => new BotStandIn(options)).ExitCode);
    }

    private static async Task NoAcknowledgementIsAheadAsync(BotDatabase database)
    {
        await using var connection = await database.OpenAsync();
        var rows = await connection.ListAsync(
            "select id, sent_at from heartbeat", row => new Heartbeat(row.GetInt64(0), row.GetDateTime(1)), Cancel);
        var acknowledged = AckLog.Read(database.AckPath).Records;
        Assert.NotEmpty(acknowledged);
        Assert.Empty(acknowledged.Select(one => new Heartbeat(one.Seq, one.SentAt)).Except(rows));
    }

    private static async Task RunUntilAsync(BotStandIn bot, Func<bool> reached)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var running = bot.RunAsync(stop.Token);
        await UntilAsync(bot, running, reached);
        await stop.CancelAsync();
        await running;
    }

    private static async Task UntilAsync(BotStandIn bot, Task running, Func<bool> reached)
    {
        var patience = Task.Delay(Patience, Cancel);
        while (!reached())
        {
            Assert.False(running.IsCompleted, $"the bot ended: {running.Exception?.InnerException?.Message}");
            Assert.False(patience.IsCompleted, $"not reached: {bot.Status}");
            await Task.WhenAny(bot.NextHeartbeatAsync(Cancel), Task.Delay(10, Cancel), running);
        }
    }
}
