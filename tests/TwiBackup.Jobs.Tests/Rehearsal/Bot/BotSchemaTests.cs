using Npgsql;
using TwiBackup.Postgres;
using TwiBackup.Rehearsal.Bot;
using TwiBackup.Tests.Postgres;

namespace TwiBackup.Tests.Rehearsal.Bot;

public sealed class BotSchemaTests : IClassFixture<SharedBotDatabase>
{
    private readonly BotDatabase _database;

    public BotSchemaTests(SharedBotDatabase shared) => _database = shared.Database;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("a role without rights", "select not (rolsuper or rolcreatedb or rolcreaterole or rolreplication) from pg_roles where rolname = 'cognita_bot'")]
    [InlineData("the role owns the database", "select pg_get_userbyid(datdba) = 'cognita_bot' from pg_database where datname = 'cognita'")]
    [InlineData("the role owns every relation", "select bool_and(pg_get_userbyid(relowner) = 'cognita_bot') from pg_class where relnamespace = 'public'::regnamespace")]
    [InlineData("UTF-8", "select pg_encoding_to_char(encoding) = 'UTF8' from pg_database where datname = 'cognita'")]
    [InlineData("17 indexes on messages", "select count(*) = 17 from pg_index where indrelid = 'messages'::regclass")]
    [InlineData("two indexes that are the same", "select count(*) = 2 from pg_index where indrelid = 'messages'::regclass and indkey::text = (select attnum::text from pg_attribute where attrelid = 'messages'::regclass and attname = 'user_id')")]
    [InlineData(
        "unique pairs of reactions", "select count(*) = 2 from pg_constraint where conrelid = 'reactions'::regclass and contype = 'u'")]
    [InlineData("an int4 serial", "select seqtypid = 'integer'::regtype from pg_sequence where seqrelid = pg_get_serial_sequence('reactions', 'id')::regclass")]
    [InlineData("keys that are not valid", "select count(*) = 2 from pg_constraint where contype = 'f' and not convalidated and conrelid in ('attachments'::regclass, 'mentions'::regclass)")]
    [InlineData("orphans under them", "select exists (select from attachments a where not exists (select from messages m where m.message_id = a.message_id))")]
    [InlineData("a cascade", "select confdeltype = 'c' from pg_constraint where conrelid = 'embed_fields'::regclass and contype = 'f'")]
    [InlineData("a table without any key", "select not exists (select from pg_index where indrelid = 'webhook_pins'::regclass)")]
    [InlineData("tables without a primary key", "select count(*) = 4 from pg_class c where relkind = 'r' and relnamespace = 'public'::regnamespace and not exists (select from pg_constraint where conrelid = c.oid and contype = 'p')")]
    [InlineData("sequences that nobody owns", "select count(*) = 6 from pg_class c where relkind = 'S' and relnamespace = 'public'::regnamespace and not exists (select from pg_depend where objid = c.oid and deptype in ('a', 'i') and refobjsubid > 0)")]
    [InlineData("one of them needs quotes", "select '\"side-stories_serial_id_seq\"'::regclass is not null")]
    [InlineData("one of them nothing refers to", "select not exists (select from pg_depend where refobjid = 'poll_index_serial_seq'::regclass and classid = 'pg_attrdef'::regclass)")]
    [InlineData("types", "select count(distinct atttypid) = 5 from pg_attribute a join pg_class c on c.oid = attrelid where relkind = 'r' and relnamespace = 'public'::regnamespace and atttypid in ('json'::regtype, 'jsonb'::regtype, 'interval'::regtype, 'tsvector'::regtype, 'bigint[]'::regtype)")]
    [InlineData(
        "GIN indexes", "select count(*) = 3 from pg_class i join pg_am a on a.oid = i.relam where i.relkind = 'i' and amname = 'gin'")]
    [InlineData("views that use now()", "select count(*) = 4 and bool_and(definition like '%now()%') from pg_matviews")]
    [InlineData("functions", "select count(*) = 6 from pg_proc where pronamespace = 'public'::regnamespace")]
    [InlineData("a trigger before updates", "select (tgtype & 2) = 2 and (tgtype & 16) = 16 from pg_trigger where not tgisinternal")]
    [InlineData("a constraint with an odd name", "select exists (select from pg_constraint where conname = 'option belongs to: poll?')")]
    [InlineData("quoted names", "select exists (select from pg_attribute where attrelid = '\"Server Settings\"'::regclass and attname = 'Default')")]
    [InlineData("an unlogged table", "select relpersistence = 'u' from pg_class where relname = 'member_cache'")]
    [InlineData("an identity for heartbeats", "select attidentity = 'a' from pg_attribute where attrelid = 'heartbeat'::regclass and attname = 'id'")]
    public async Task Every_trap_of_the_real_bot_is_there(string trap, string query) =>
        Assert.True(await _database.AskAsync(query) == "True", trap);

    [Fact]
    public async Task Its_start_changes_nothing_and_needs_the_owner()
    {
        const string Objects =
            "select md5(string_agg(oid::text, ',' order by oid)) from pg_class where relnamespace = 'public'::regnamespace";
        var before = await _database.AskAsync(Objects);
        await using (var bot = await _database.OpenAsync(_database.Bot))
            await BotSchema.RunStartupAsync(bot, Cancel);
        Assert.Equal(before, await _database.AskAsync(Objects));

        await using var stranger = await _database.OpenAsync(_database.Superuser);
        await using (var set = new NpgsqlCommand("set role app", stranger)) await set.ExecuteNonQueryAsync(Cancel);
        var refused = await Assert.ThrowsAsync<PostgresException>(() => BotSchema.RunStartupAsync(stranger, Cancel));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
    }

    [Fact]
    public async Task A_database_that_exists_is_left_alone()
    {
        var refused = await Assert.ThrowsAsync<TwiBackupException>(
            () => BotSchema.LoadAsync(_database.Server.Superuser, "cognita", BotSchema.DefaultRole, password: null, Cancel));
        Assert.Equal(ExitCode.WrongUse, refused.ExitCode);
        Assert.Contains("exists already", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_password_is_never_in_a_statement()
    {
        await _database.ExecuteAsync("alter system set log_statement = 'all'", "select pg_reload_conf()");
        await BotSchema.LoadAsync(_database.Server.Superuser, "logged", "logged_bot", "in-the-log?", Cancel);
        await using var asBot = await TestPostgres.OpenAsync(
            _database.Bot with { User = "logged_bot", Password = "in-the-log?", Database = "logged" });
        var log = await File.ReadAllTextAsync(_database.Server.Server.LogFile, Cancel);
        Assert.Contains("create database", log, StringComparison.Ordinal);
        Assert.DoesNotContain("in-the-log?", log, StringComparison.Ordinal);
    }
}
