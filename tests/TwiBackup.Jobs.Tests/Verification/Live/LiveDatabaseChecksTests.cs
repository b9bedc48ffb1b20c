using System.Globalization;
using TwiBackup.Catalog;
using TwiBackup.Policy;
using TwiBackup.Postgres;
using TwiBackup.Tests.Catalog;
using TwiBackup.Tests.Postgres;
using TwiBackup.Tests.Rehearsal.Bot;
using TwiBackup.Verification;

namespace TwiBackup.Tests.Verification.Live;

public sealed class LiveDatabaseChecksTests(SharedBotDatabase shared) : IClassFixture<SharedBotDatabase>
{
    private const string Heartbeat = """, "heartbeat": { "table": "public.heartbeat", "column": "sent_at" }""";
    private const string Section = """
        "owner": "cognita_bot",
        "tables": ["public.messages", "public.\"Server Settings\""],
        "sequences": [{ "name": "public.poll_index_serial_seq", "table": "public.poll", "column": "index_serial" }],
        "notValid": ["attachments_message_fk", "mentions_message_fk"],
        "newest": "1h",
        "connections": 20,
        "queries": [{ "name": "quotes-can-be-searched", "sql": "select not exists (select from quotes where tokens is null)" }]
        """;

    private BotDatabase Bot => shared.Database;

    private static CancellationToken Cancellation => LiveSystem.Cancellation;

    [Fact]
    public async Task A_good_database_passes_and_what_is_not_configured_is_said()
    {
        var copy = await CopyAsync("insert into heartbeat (sent_at) values (now())");
        await using var system = await SystemAsync(copy);
        var record = await AskAsync(system);
        LiveSystem.Passed(record);
        Assert.Equal(
            [
                "database/connection", "database/open-for-writing", "database/owners", "database/tables", "database/indexes-are-valid",
                "database/triggers-are-enabled", "database/materialized-views-are-populated", "database/check-constraints-are-validated",
                "database/sequences-are-not-behind", "database/sequences-have-room", "database/foreign-keys", "database/newest-row",
                "database/quotes-can-be-searched", "database/version", "database/extensions", "database/page-checksums", "database/connections-left",
            ],
            record.Checks.Select(check => check.Name));
        Assert.Equal(["database/schema", "database/rows", "database/sessions", "database/amcheck"], record.NotRun!.Select(check => check.Name));
        Assert.Matches("it is [0-9a-f]{64} \\([0-9]+ columns, [0-9]+ constraints, 6 functions, ", record.NotRun![0].Why);
    }

    [Theory]
    [InlineData("database/newest-row", "select 1", "has no row")]
    [InlineData("database/newest-row", "insert into heartbeat (sent_at) values (now() - interval '2 hours')", "is 2 h old, and may be 1h")]
    [InlineData("database/newest-row", "insert into heartbeat (sent_at) values (now() + interval '3 minutes')", "in the future")]
    [InlineData("database/owners", "alter table quotes owner to postgres", "2 do not belong to cognita_bot: quotes, quotes_serial_id_seq")]
    [InlineData("database/tables", "drop table \"Server Settings\" cascade", "1 of 2 are missing: public.\"Server Settings\"")]
    [InlineData("database/foreign-keys", "alter table mentions drop constraint mentions_message_fk", "mentions_message_fk is missing")]
    [InlineData("database/foreign-keys", "alter table join_leave add constraint extra foreign key (user_id) references users not valid", "extra is not validated")]
    [InlineData("database/sequences-are-not-behind", "insert into poll values (1, 'x', 3)", "poll_index_serial_seq at 0, public.poll.index_serial at 3")]
    [InlineData("database/quotes-can-be-searched", "insert into quotes (quote) values ('x'); update quotes set tokens = null", "it is not so")]
    [InlineData("database/quotes-can-be-searched", "drop table quotes", "could not be asked: relation \"quotes\" does not exist")]
    [InlineData("database/materialized-views-are-populated", "refresh materialized view channel_hours with no data", "channel_hours")]
    public async Task What_is_broken_is_found_and_named(string check, string damage, string named)
    {
        var good = check == "database/newest-row" ? "select 1" : "insert into heartbeat (sent_at) values (now())";
        await using var system = await SystemAsync(await CopyAsync(good, damage));
        var failed = LiveSystem.Failed(await AskAsync(system));
        Assert.Equal(check, failed.Name);
        Assert.Contains(named, failed.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Orphans_under_keys_that_may_be_not_valid_are_legal()
    {
        await using var system = await SystemAsync(await CopyAsync("delete from attachments"));
        LiveSystem.Passed(await AskAsync(system, "database/foreign-keys"));
    }

    [Fact]
    public async Task The_schema_is_compared_with_the_fingerprint_in_the_policy()
    {
        var copy = await CopyAsync();
        string hash;
        await using (var connection = await TestPostgres.OpenAsync(copy))
            hash = (await SchemaFingerprint.TakeAsync(connection, Cancellation)).Hash;
        await using var system = await SystemAsync(copy);
        var policy = Policy(system, Section + $", \"schema\": \"{hash}\"");
        LiveSystem.Passed(await system.AskAsync(policy, "database/schema"));
        await TestPostgres.ExecuteAsync(copy, "alter table quotes add column added integer");
        var failed = LiveSystem.Failed(await system.AskAsync(policy, "database/schema"));
        Assert.Contains($"and was expected to be {hash}", failed.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_older_server_or_one_without_an_extension_is_not_the_one_that_was_backed_up()
    {
        await using var system = await SystemAsync(await CopyAsync(), facts => facts with { ServerVersion = 190001 });
        var failed = LiveSystem.Failed(await AskAsync(system, "database/version"));
        Assert.Contains("is older than 19.1, from which full/", failed.Detail, StringComparison.Ordinal);
        await using var vector = await SystemAsync(await CopyAsync(), facts => facts with
        {
            Extensions = new Dictionary<string, string> { ["plpgsql"] = "1.0", ["vector"] = "0.8.0" },
        });
        Assert.StartsWith("missing: vector", LiveSystem.Failed(await AskAsync(vector, "database/extensions")).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_set_there_is_nothing_to_compare_with_and_that_is_said()
    {
        await using var system = new LiveSystem { Connection = await CopyAsync() };
        var record = await AskAsync(system, "database/version", "database/extensions");
        Assert.Empty(record.Checks);
        Assert.Equal(2, record.NotRun!.Count);
    }

    [Fact]
    public async Task Tables_that_only_grow_have_no_fewer_rows_than_in_the_newest_dump()
    {
        var copy = await CopyAsync("insert into users (user_id, created_at, bot, username) select i, now(), false, i::text from generate_series(1, 9) i");
        await using var system = await SystemAsync(copy);
        var policy = Policy(system, """ "growing": ["public.users", "public.\"Server Settings\"", "public.messages"] """);
        Assert.Contains(
            "holds no dump of live", Assert.Single((await system.AskAsync(policy, "database/rows")).NotRun!).Why, StringComparison.Ordinal);

        // Ten users with the stand-in's own, a row of settings, and a table that came after the dump.
        await DumpAsync(system, new("public.users", 9, "1"), new("public.\"Server Settings\"", 1, "2"));
        var record = await system.AskAsync(policy, "database/rows");
        LiveSystem.Passed(record);
        Assert.StartsWith("1 rows more in 2 tables since dump/", record.Checks[0].Detail, StringComparison.Ordinal);
        await DumpAsync(system, new("public.users", 11, "1"), new("public.\"Server Settings\"", 1, "2"));
        Assert.Contains("public.users has 10 rows and had 11", LiveSystem.Failed(await system.AskAsync(policy, "database/rows")).Detail, StringComparison.Ordinal);
    }

    private static Task<BackupSet> DumpAsync(LiveSystem system, params TableDigest[] tables)
    {
        var at = TimeProvider.System.GetUtcNow();
        var dump = new DumpFacts
        {
            ToolVersion = "15.18", RolePasswords = true, Roles = [],
            Databases =
            [
                new DumpedDatabase
                {
                    Name = "live", Object = "live.dump.zst.age", SnapshotTime = at, Extensions = new Dictionary<string, string>(), MaterializedViews = [], Tables = tables,
                },
            ],
        };
        var manifest = SampleSets.Manifest(SetKind.Dump, SampleSets.Id(at, tables[0].Rows == 9 ? 1 : 2), at.AddDays(30));
        return SampleSets.PlantAsync(system.Store.Store, system.Keys, SetKind.Dump, manifest with { Dump = dump });
    }

    [Fact]
    public async Task Too_few_connections_or_sessions_are_found()
    {
        await using var system = await SystemAsync(await CopyAsync());
        var most = int.Parse(await Bot.AskAsync("show max_connections"), CultureInfo.InvariantCulture);
        var many = Policy(system, Section.Replace("\"connections\": 20", $"\"connections\": {most}, \"sessions\": 1", StringComparison.Ordinal));
        var record = await system.AskAsync(many, "database/connections-left", "database/sessions");
        Assert.Equal(["database/connections-left", "database/sessions"], record.Checks.Where(check => !check.Passed).Select(check => check.Name));

        // What the application holds itself need not be free.
        await using var application = await TestPostgres.OpenAsync(Bot.Bot);
        var left = most - 3 - 1;
        var fits = Policy(system, Section.Replace("\"connections\": 20", $"\"connections\": {left}, \"sessions\": 1", StringComparison.Ordinal));
        LiveSystem.Passed(await system.AskAsync(fits, "database/sessions"));
    }

    [Fact]
    public async Task Amcheck_finds_a_damaged_index()
    {
        var copy = await CopyAsync("create extension amcheck", "insert into users (user_id, created_at, bot, username) select i, now(), false, i::text from generate_series(1, 500) i");
        await using var system = await SystemAsync(copy);
        var quick = Policy(system, Section + ", \"amcheck\": \"quick\"");
        LiveSystem.Passed(await system.AskAsync(quick, "database/amcheck"));
        // A row that is in no index: only the thorough look sees it.
        await TestPostgres.ExecuteAsync(
            copy,
            "update pg_index set indisready = false where indrelid = 'users'::regclass",
            "insert into users (user_id, created_at, bot, username) values (1000, now(), false, 'unindexed')",
            "update pg_index set indisready = true where indrelid = 'users'::regclass");
        LiveSystem.Passed(await system.AskAsync(quick, "database/amcheck"));
        var failed = LiveSystem.Failed(await system.AskAsync(Policy(system, Section + ", \"amcheck\": \"full\""), "database/amcheck"));
        Assert.NotEmpty(failed.Detail);
    }

    [Fact]
    public async Task Without_the_extension_amcheck_is_no_pass()
    {
        await using var system = await SystemAsync(await CopyAsync());
        var policy = Policy(system, Section + ", \"amcheck\": \"quick\"");
        Assert.Contains("amcheck", LiveSystem.Failed(await system.AskAsync(policy, "database/amcheck")).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_cant_be_reached_fails_every_check_of_it()
    {
        await using var system = new LiveSystem { Connection = Bot.Superuser with { Host = "127.0.0.1", Port = 1, SslMode = "disable" } };
        var record = await AskAsync(system, "database/connection", "database/owners", "database/newest-row");
        Assert.Equal(3, record.Checks.Count(check => !check.Passed && check.Detail.Contains("cannot be reached", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_query_of_the_policy_can_only_read()
    {
        var copy = await CopyAsync("create function scribble() returns boolean language sql as 'delete from quotes; select true'");
        await using var system = await SystemAsync(copy);
        var policy = Policy(system, """ "queries": [{ "name": "scribble", "sql": "select scribble()" }] """);
        Assert.Contains("read-only transaction", LiveSystem.Failed(await system.AskAsync(policy, "database/scribble")).Detail, StringComparison.Ordinal);
    }

    private async Task<ConnectionSettings> CopyAsync(params string[] statements)
    {
        var copy = await Bot.CopyAsync("live");
        await TestPostgres.ExecuteAsync(copy, statements);
        return copy;
    }

    /// <summary>A store with a full of the server.</summary>
    private static async Task<LiveSystem> SystemAsync(ConnectionSettings connection, Func<SourceFacts, SourceFacts>? change = null)
    {
        var system = new LiveSystem { Connection = connection };
        var facts = SampleSets.Facts(1, 0x1000000, 0x1000100, SampleSets.Epoch) with
        {
            ServerVersion = 130000, Extensions = new Dictionary<string, string> { ["plpgsql"] = "1.0" },
        };
        var at = TimeProvider.System.GetUtcNow();
        await SampleSets.PlantAsync(
            system.Store.Store, system.Keys, SetKind.Full,
            SampleSets.Manifest(SetKind.Full, SampleSets.Id(at), at.AddDays(30), change?.Invoke(facts) ?? facts));
        return system;
    }

    private static BackupPolicy Policy(LiveSystem system, string database) =>
        system.Policy($"{{ \"database\": {{ {database} }} }}", heartbeat: Heartbeat);

    private static Task<VerificationRecord> AskAsync(LiveSystem system, params string[] only) =>
        system.AskAsync(Policy(system, Section), only.Length == 0 ? ["database"] : only);
}
