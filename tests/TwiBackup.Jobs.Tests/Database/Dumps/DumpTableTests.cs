using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Database.Dumps;
using TwiBackup.Postgres;
using TwiBackup.Tests.Postgres;

namespace TwiBackup.Tests.Database.Dumps;

/// <summary>Single tables, back in the live database.</summary>
public sealed class DumpTableTests(DumpedServer source) : IClassFixture<DumpedServer>
{
    private static CancellationToken Cancellation => DumpedServer.Cancellation;

    [Fact]
    public async Task Tables_come_back_with_rows_indexes_owner_and_the_sequences_that_nobody_owns()
    {
        var production = await source.ProductionAsync();
        await TestPostgres.ExecuteAsync(
            production, "drop table quotes", "drop table webhook_pins", "drop sequence webhook_pins_serial_id_seq", "drop table poll cascade",
            "insert into bot_metrics (metric_type, timestamp) values ('since the dump', now())");
        var result = await RestoreAsync(production, replace: false, "public.quotes", "webhook_pins", "public.poll");
        Assert.Equal([("public.quotes", 15L), ("public.webhook_pins", 100L), ("public.poll", 0L)], result.Tables.Select(t => (t.Table, t.Rows)));
        Assert.All(result.Tables, t => Assert.Null(t.Aside));
        Assert.Equal("15", await AskAsync(production, "select count(*) from quotes where quote like 'quote %'"));
        Assert.Equal("101", await AskAsync(production, "select nextval('webhook_pins_serial_id_seq')"));
        Assert.Equal("16", await AskAsync(production, "select nextval('quotes_serial_id_seq')"));
        Assert.Equal("cognita_bot", await AskAsync(production, "select pg_get_userbyid(relowner)::text from pg_class where relname = 'quotes'"));
        Assert.Equal("1", await AskAsync(production, "select count(*) from pg_indexes where indexname = 'quotes_tokens'"));
        // What came since stays.
        Assert.Equal("1", await AskAsync(production, "select count(*) from bot_metrics where metric_type = 'since the dump'"));
        // What DROP … CASCADE took along from other tables is told, in SQL that works.
        var key = Assert.Single(result.Tables[2].Missing);
        await TestPostgres.ExecuteAsync(production, key);
        Assert.Equal("1", await AskAsync(production, "select count(*) from pg_constraint where conname = 'option belongs to: poll?'"));
        Assert.DoesNotContain(await DumpedServer.DatabasesAsync(source.Superuser), d => d.StartsWith(DumpNames.BesidePrefix, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_table_that_is_there_is_left_alone_or_kept_aside()
    {
        var production = await source.ProductionAsync();
        await TestPostgres.ExecuteAsync(production, "update \"Server Settings\" set \"Default\" = 'wrecked'", "delete from quotes");
        var refused = await Assert.ThrowsAsync<TwiBackupException>(() => RestoreAsync(production, replace: false, "public.quotes"));
        Assert.Equal(ExitCode.WrongUse, refused.ExitCode);
        Assert.Equal("0", await AskAsync(production, "select count(*) from quotes"));

        var result = await RestoreAsync(production, replace: true, "public.Server Settings", "quotes");
        var schema = result.Tables[0].Aside!["schema ".Length..];
        Assert.Equal("15", await AskAsync(production, "select count(*) from quotes"));
        Assert.Equal("0", await AskAsync(production, $"select count(*) from \"{schema}\".quotes"));
        Assert.Equal("wrecked", await AskAsync(production, $"select \"Default\" from \"{schema}\".\"Server Settings\""));
        Assert.NotEqual("wrecked", await AskAsync(production, "select coalesce(\"Default\", '') from \"Server Settings\""));
        Assert.Equal("16", await AskAsync(production, "select nextval('public.quotes_serial_id_seq')"));
    }

    [Fact]
    public async Task A_table_that_others_depend_on_is_not_moved_from_under_them()
    {
        var production = await source.ProductionAsync();
        var refused = await Assert.ThrowsAsync<TwiBackupException>(() => RestoreAsync(production, replace: true, "messages"));
        Assert.Contains("foreign key attachments_message_fk of attachments", refused.Message, StringComparison.Ordinal);
        Assert.Contains("view user_activity", refused.Message, StringComparison.Ordinal);
        Assert.Equal("0", await AskAsync(production, "select count(*) from pg_namespace where nspname like 'twibackup%'"));
    }

    [Fact]
    public async Task A_table_or_database_that_is_not_there_is_told_before_anything_is_read()
    {
        var production = await source.ProductionAsync();
        var table = await Assert.ThrowsAsync<TwiBackupException>(() => RestoreAsync(production, replace: false, "public.no_such"));
        Assert.Contains("holds no table public.no_such", table.Message, StringComparison.Ordinal);
        var database = await Assert.ThrowsAsync<TwiBackupException>(() => RestoreAsync(production with { Database = "no_such" }, replace: false, "quotes"));
        Assert.Contains("no database \"no_such\"", database.Message, StringComparison.Ordinal);
    }

    /// <summary>Fault 1 once more: psql takes the end of half a table for its end.</summary>
    [Theory]
    [InlineData("\"$REAL\" \"$@\" | head -c 3000; exit 1")]
    [InlineData("\"$REAL\" \"$@\" | head -n 60; kill -9 $$")]
    public async Task A_transfer_whose_pg_dump_fails_leaves_the_live_database_as_it_was(string script)
    {
        var production = await source.ProductionAsync();
        await TestPostgres.ExecuteAsync(production, "drop table webhook_pins");
        using var fake = new FakeTools("pg_dump", script);
        var failed = await Assert.ThrowsAsync<TwiBackupException>(() => TableTransfer.CopyAsync(
            fake.Installation, account: null, source.Superuser with { Database = DumpedServer.Database }, production, [new TableCopy("public.webhook_pins")], Cancellation));
        Assert.Contains("pg_dump of public.webhook_pins", failed.Message, StringComparison.Ordinal);
        Assert.Equal("0", await AskAsync(production, "select count(*) from pg_class where relname = 'webhook_pins'"));
    }

    [Fact]
    public async Task A_transfer_of_other_rows_than_those_dumped_is_rolled_back()
    {
        var production = await source.ProductionAsync();
        await TestPostgres.ExecuteAsync(production, "drop table webhook_pins");
        var expected = source.Set.Manifest.Dump!.Databases[0].Tables.Single(t => t.Table == "public.webhook_pins");
        foreach (var wrong in (TableDigest[])[expected with { Rows = 99 }, expected with { Digest = "1" }])
        {
            var failed = await Assert.ThrowsAsync<TwiBackupException>(() => TableTransfer.CopyAsync(
                TestEnvironment.Installation, account: null, source.Superuser with { Database = DumpedServer.Database }, production,
                [new TableCopy("public.webhook_pins") { Expected = wrong }], Cancellation));
            Assert.Contains("100 rows of public.webhook_pins came, and not those that were dumped", failed.Message, StringComparison.Ordinal);
            Assert.Equal("0", await AskAsync(production, "select count(*) from pg_class where relname = 'webhook_pins'"));
        }
    }

    private Task<DumpRestoreResult> RestoreAsync(ConnectionSettings production, bool replace, params string[] tables) =>
        source.RestoreAsync(new DumpRestoreOptions { As = production.Database, Tables = tables, Replace = replace });

    private Task<string> AskAsync(ConnectionSettings production, string query) => source.Bot.Server.ScalarAsync(query, production.Database);
}
