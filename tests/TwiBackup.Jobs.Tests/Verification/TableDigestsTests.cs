using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Rehearsal.Bot;
using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Verification;
using TwiBackup.Tests.Postgres;
using TwiBackup.Tests.Rehearsal.Bot;

namespace TwiBackup.Tests.Verification;

public sealed class TableDigestsTests : IClassFixture<TableDigestsTests.Filled>
{
    private readonly BotDatabase _database;

    public TableDigestsTests(Filled filled) => _database = filled.Database;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_dump_restored_has_the_same_digests_until_one_row_changes()
    {
        await _database.ExecuteAsync("create database restored owner cognita_bot");
        var restored = _database.Superuser with { Database = "restored" };
        var dump = Path.Combine(Path.GetDirectoryName(_database.AckPath)!, "dump");
        await ToolAsync(_database.Superuser, "pg_dump", "-Fc", "-f", dump);
        await ToolAsync(restored, "pg_restore", "-d", "restored", "--exit-on-error", dump);

        var before = await TakeAsync(_database.Superuser);
        Assert.Contains(before, one => one is { Table: "public.\"Server Settings\"", Rows: 1 });
        Assert.DoesNotContain(before, one => one.Table is "public.member_cache" or "public.user_activity");
        Assert.All(TableDigests.Compare(before, await TakeAsync(restored)), check => Assert.True(check.Passed, check.ToString()));

        await using (var asBot = await TestPostgres.OpenAsync(_database.Bot with { Database = "restored" }))
            Assert.All(await BotChecks.RunAsync(asBot, cancellation: Cancel), check => Assert.True(check.Passed, check.ToString()));

        await TestPostgres.ExecuteAsync(
            restored, "update embeds set color = color + 1 where id = 17", "delete from webhook_pins where serial_id = 1");
        var failed = TableDigests.Compare(before, await TakeAsync(restored)).Where(check => !check.Passed).ToList();
        Assert.Equal(["rows of public.embeds", "rows of public.webhook_pins"], failed.Select(check => check.Name));
    }

    [Theory]
    [InlineData("create temp table turned as select * from message_edit order by serial_id desc; delete from message_edit; insert into message_edit select * from turned", true)]
    [InlineData(
        "set timezone = 'Asia/Tokyo'; set datestyle = 'German'; set intervalstyle = 'sql_standard'; set extra_float_digits = 3", true)]
    [InlineData("update member_cache set seen = now()", true)]
    [InlineData("refresh materialized view daily_messages", true)]
    [InlineData("update webhook_pins set webhook_name = webhook_name || ' '", false)]
    [InlineData("insert into webhook_pins select * from webhook_pins limit 1", false)]
    [InlineData("update quotes set tokens = null where serial_id = 1", false)]
    [InlineData("update chapters set content = overlay(content placing '~' from 90000 for 1) where serial_id = 1", false)]
    public async Task Digests_change_with_the_rows_and_with_nothing_else(string statements, bool same)
    {
        var copy = await _database.CopyAsync("changed");
        await using var connection = await TestPostgres.OpenAsync(copy);
        var before = await TableDigests.TakeAsync(connection, cancellation: Cancel);
        await connection.RunAsync(statements, Cancel);
        var after = await TableDigests.TakeAsync(connection, cancellation: Cancel);
        Assert.Equal(same, before.SequenceEqual(after));
    }

    [Fact]
    public async Task Digests_of_an_exported_snapshot_are_those_of_its_time()
    {
        await using var holder = await _database.OpenAsync();
        await using var transaction = await holder.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, Cancel);
        var snapshot = await holder.AskAsync<string>("select pg_export_snapshot()", Cancel);
        var before = await TakeAsync(_database.Superuser);
        await _database.ExecuteAsync("insert into heartbeat (sent_at) values (now())");
        await using var connection = await _database.OpenAsync();
        Assert.Equal(before, await TableDigests.TakeAsync(connection, snapshot, Cancel));
        Assert.NotEqual(before, await TableDigests.TakeAsync(connection, cancellation: Cancel));
    }

    [Fact]
    public void A_missing_and_a_new_table_are_told()
    {
        TableDigest[] expected = [new("public.a", 1, "5"), new("public.b", 2, "6")];
        TableDigest[] actual = [new("public.a", 1, "5"), new("public.c", 3, "7")];
        var checks = TableDigests.Compare(expected, actual);
        Assert.Equal([true, false, false], checks.Select(check => check.Passed));
        Assert.Equal(["rows of public.a", "rows of public.b", "rows of public.c"], checks.Select(check => check.Name));
    }

    private static async Task<IReadOnlyList<TableDigest>> TakeAsync(ConnectionSettings settings)
    {
        await using var connection = await TestPostgres.OpenAsync(settings);
        return await TableDigests.TakeAsync(connection, cancellation: Cancel);
    }

    private static async Task ToolAsync(ConnectionSettings settings, string tool, params string[] arguments)
    {
        using var environment = ToolEnvironment.For(settings);
        var ran = await ChildProcess.RunAsync(
            new ChildProcessOptions
            {
                Program = TestEnvironment.Installation.Tool(tool),
                Arguments = arguments,
                Environment = environment.Variables,
            },
            Cancel);
        ran.ThrowIfFailed(tool, "Look at the test.");
    }

    public sealed class Filled : IAsyncLifetime
    {
        public BotDatabase Database { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Database = await BotDatabase.StartAsync();
            await BotData.FillAsync(Database.Bot, BotData.LeastBytes, seed: 3, SilentProgress.Instance, Cancel);
        }

        public ValueTask DisposeAsync() => Database.DisposeAsync();
    }
}
