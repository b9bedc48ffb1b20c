using TwiBackup.Commands;
using TwiBackup.Rehearsal.Bot;
using TwiBackup.Tests.Postgres;

namespace TwiBackup.Tests.Rehearsal.Bot;

public sealed class BotCommandTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("100MB", 100_000_000)]
    [InlineData("1.5GB", 1_500_000_000)]
    [InlineData("20 MiB", 20_971_520)]
    [InlineData("2GiB", 2_147_483_648)]
    [InlineData("20000000", 20_000_000)]
    public void Sizes_are_read_with_their_units(string text, long bytes)
    {
        Assert.True(BotCommand.TryReadSize(text, out var read));
        Assert.Equal(bytes, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("MB")]
    [InlineData("-1MB")]
    [InlineData("100mb")]
    [InlineData("99999999999999GB")]
    public void What_is_no_size_is_refused(string text) => Assert.False(BotCommand.TryReadSize(text, out _));

    /// <summary>What a set-up that runs at every start needs.</summary>
    [Fact]
    public async Task Load_if_missing_leaves_what_is_there_fills_what_is_empty_and_touches_nobody_elses()
    {
        await using var server = await TestPostgres.StartAsync();
        await server.ExecuteAsync("postgres", "create database empty", "create database theirs");
        await server.ExecuteAsync("theirs", "create table kept (i int)");

        Assert.True(await BotSchema.EnsureAsync(server.Superuser, "cognita", BotSchema.DefaultRole, null, Cancel));
        await server.ExecuteAsync("cognita", "insert into heartbeat (sent_at) values (now())");
        Assert.False(await BotSchema.EnsureAsync(server.Superuser, "cognita", BotSchema.DefaultRole, null, Cancel));
        Assert.Equal("1", await server.ScalarAsync("select count(*) from heartbeat", "cognita"));

        await server.ExecuteAsync("postgres", "alter database empty owner to cognita_bot");
        Assert.True(await BotSchema.EnsureAsync(server.Superuser, "empty", BotSchema.DefaultRole, null, Cancel));
        Assert.Equal("True", await server.ScalarAsync("select pg_get_userbyid(relowner) = 'cognita_bot' from pg_class where relname = 'messages'", "empty"));

        var refused = await Assert.ThrowsAsync<TwiBackupException>(
            () => BotSchema.EnsureAsync(server.Superuser, "theirs", BotSchema.DefaultRole, null, Cancel));
        Assert.Equal(ExitCode.WrongUse, refused.ExitCode);
        Assert.Equal("1", await server.ScalarAsync("select count(*) from pg_tables where schemaname = 'public'", "theirs"));
    }

    [Fact]
    public async Task Load_makes_a_database_that_run_can_write_to()
    {
        await using var server = await TestPostgres.StartAsync();
        var folder = Directory.CreateTempSubdirectory("twi-bot-");
        try
        {
            var superuser = $"host={server.Superuser.Host} port={server.Port} user=postgres dbname=postgres";
            string[] load = ["load", "--connection", superuser, "--size", "20MB"];
            Assert.Equal(0, await BotCommand.Create().Parse(load).InvokeAsync(cancellationToken: Cancel));
            Assert.NotEqual("0", await server.ScalarAsync("select count(*) from messages", BotSchema.DefaultDatabase));

            var acks = Path.Combine(folder.FullName, "acks");
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            var owner = $"host={server.Superuser.Host} port={server.Port} user=cognita_bot";
            var running = BotCommand.Create().Parse(["run", "--connection", owner, "--database", "cognita", "--acks", acks, "--rate", "50"])
                .InvokeAsync(cancellationToken: stop.Token);
            while (!File.Exists(acks) || AckLog.Read(acks).Records.Count < 5)
            {
                Assert.False(running.IsCompleted);
                await Task.Delay(20, Cancel);
            }

            await stop.CancelAsync();
            Assert.Equal(0, await running);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
