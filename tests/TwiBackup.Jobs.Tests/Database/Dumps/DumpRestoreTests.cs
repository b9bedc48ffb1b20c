using Npgsql;
using TwiBackup.Catalog;
using TwiBackup.Database.Dumps;
using TwiBackup.Postgres;
using TwiBackup.Rehearsal.Bot;
using TwiBackup.Tests.Files;
using TwiBackup.Tests.Postgres;
using TwiBackup.Tests.Stores;

namespace TwiBackup.Tests.Database.Dumps;

/// <summary>Restored beside, proven, and only then in its place; what was there is kept.</summary>
public sealed class DumpRestoreTests(DumpedServer source) : IClassFixture<DumpedServer>
{
    private static CancellationToken Cancellation => DumpedServer.Cancellation;

    /// <summary>Fault 8: without the roles everything belonged to postgres, and the bot could not even read.</summary>
    [Fact]
    public async Task On_a_new_server_the_roles_come_first_and_the_bot_works_with_its_old_password()
    {
        await using var target = await TestPostgres.StartAsync();
        await target.ExecuteAsync("postgres", "alter role app password 'its own here'");
        var hash = await target.ScalarAsync("select rolpassword from pg_authid where rolname = 'app'");
        var result = await source.RestoreAsync(new DumpRestoreOptions(), target.Superuser);
        Assert.Equal(["cognita_bot"], result.Roles!.Created);
        Assert.Equal(["app", "postgres", "replicator"], result.Roles.Kept.Order(StringComparer.Ordinal));
        Assert.Empty(result.Roles.Refused);
        // Those that were there stay as they are.
        Assert.Equal(hash, await target.ScalarAsync("select rolpassword from pg_authid where rolname = 'app'"));

        var database = target.Superuser with { Database = DumpedServer.Database };
        Assert.Equal(source.Set.Manifest.Dump!.Databases[0].Tables, await DumpedServer.DigestsAsync(database));
        await using var bot = await TestPostgres.OpenAsync(source.Bot.Bot with { Port = target.Port });
        Assert.All(await BotChecks.RunAsync(bot, cancellation: Cancellation), check => Assert.True(check.Passed, check.ToString()));
        Assert.Empty(result.Databases[0].EmptyViews);
        Assert.Null(result.Databases[0].Aside);
    }

    [Fact]
    public async Task Memberships_settings_comments_and_rights_of_databases_come_back()
    {
        var production = await source.ProductionAsync();
        await source.Bot.Server.ExecuteAsync(
            "postgres",
            "create role \"Odd; 'role\" noinherit", "grant pg_monitor to \"Odd; 'role\"", "grant cognita_bot to \"Odd; 'role\"",
            @"comment on role ""Odd; 'role"" is E'back\\slash; it''s'", "alter role \"Odd; 'role\" set search_path = \"$user\", public",
            $"alter database {production.Database} set timezone = 'Asia/Tokyo'", $"alter role \"Odd; 'role\" in database {production.Database} set work_mem = '8MB'",
            $"revoke connect on database {production.Database} from public", $"comment on database {production.Database} is 'it''s; here'",
            $"alter database {production.Database} connection limit 7");
        await using var store = TestStores.NewFileStore();
        await source.BackUpAsync(DumpedServer.Options(production.Database), source.CatalogOn(store));
        const string Roles = "select string_agg(r.rolname || r.rolinherit || coalesce(shobj_description(r.oid, 'pg_authid'), '') || coalesce(r.rolconfig::text, '')"
            + " || (select coalesce(string_agg(m.roleid::regrole::text, ',' order by m.roleid::regrole::text), '') from pg_auth_members m where m.member = r.oid), '|') from pg_roles r where rolname like 'Odd%'";
        var expected = await source.Bot.Server.ScalarAsync(Roles);
        var about = await source.Bot.Server.ScalarAsync(AboutDatabase(production.Database));

        await using var target = await TestPostgres.StartAsync();
        // Under another name, too.
        await source.RestoreAsync(new DumpRestoreOptions { As = "another \"name\"" }, target.Superuser, source.CatalogOn(store));
        Assert.Equal(expected, await target.ScalarAsync(Roles));
        Assert.Equal(about, await target.ScalarAsync(AboutDatabase("another \"name\"")));
        await source.Bot.Server.ExecuteAsync("postgres", $"drop database {production.Database}", "drop role \"Odd; 'role\"");
    }

    [Fact]
    public async Task Nothing_is_restored_over_something_that_exists()
    {
        var before = await DumpedServer.DatabasesAsync(source.Superuser);
        var refused = await Assert.ThrowsAsync<TwiBackupException>(() => source.RestoreAsync(new DumpRestoreOptions()));
        Assert.Equal(ExitCode.WrongUse, refused.ExitCode);
        Assert.Contains("has a database \"cognita\" already", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, await DumpedServer.DatabasesAsync(source.Superuser));
    }

    [Fact]
    public async Task What_is_replaced_is_kept_aside_with_everything_in_it()
    {
        var production = await source.ProductionAsync();
        await TestPostgres.ExecuteAsync(production, "delete from quotes", "insert into webhook_pins (message_id) values (1)");
        var wrecked = await DumpedServer.DigestsAsync(production);
        var result = await source.RestoreAsync(new DumpRestoreOptions { As = production.Database, Replace = true });
        var restored = Assert.Single(result.Databases);
        Assert.Equal(production.Database, restored.Name);
        Assert.StartsWith($"{production.Database}.twibackup-", restored.Aside, StringComparison.Ordinal);
        Assert.Equal(wrecked, await DumpedServer.DigestsAsync(production with { Database = restored.Aside! }));
        Assert.Equal(source.Set.Manifest.Dump!.Databases[0].Tables, await DumpedServer.DigestsAsync(production));
    }

    /// <summary>Fault 6: with a session connected the dump was loaded over the live database, whose rows doubled.</summary>
    [Fact]
    public async Task A_connected_session_is_named_and_nothing_is_loaded_over_the_live_database()
    {
        var production = await source.ProductionAsync();
        var before = await DumpedServer.DatabasesAsync(source.Superuser);
        await using (var session = await TestPostgres.OpenAsync(source.Bot.Bot with { Database = production.Database }))
        {
            var refused = await Assert.ThrowsAsync<TwiBackupException>(() => source.RestoreAsync(new DumpRestoreOptions { As = production.Database, Replace = true }));
            Assert.Equal(ExitCode.WrongUse, refused.ExitCode);
            Assert.Contains($"process {session.ProcessID} (cognita_bot", refused.Message, StringComparison.Ordinal);
            Assert.Contains("--disconnect", refused.Message, StringComparison.Ordinal);
            Assert.Equal(before, await DumpedServer.DatabasesAsync(source.Superuser));
            Assert.Equal("100", await source.Bot.Server.ScalarAsync("select count(*) from webhook_pins", production.Database));
        }
    }

    [Fact]
    public async Task Sessions_that_come_back_at_once_are_ended_and_find_the_restored_database()
    {
        var production = await source.ProductionAsync();
        await TestPostgres.ExecuteAsync(production, "delete from webhook_pins");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var connections = 0;
        var clients = Enumerable.Range(0, 3).Select(_ => Task.Run(InsistAsync, Cancellation)).ToList();
        var result = await source.RestoreAsync(new DumpRestoreOptions { As = production.Database, Replace = true, Disconnect = true });
        // They insist until they are back.
        while (connections < 6)
            await Task.Delay(20, Cancellation);
        await stop.CancelAsync();
        await Task.WhenAll(clients);
        Assert.Equal("100", await source.Bot.Server.ScalarAsync("select count(*) from webhook_pins", production.Database));
        Assert.Equal("0", await source.Bot.Server.ScalarAsync("select count(*) from webhook_pins", result.Databases[0].Aside!));

        async Task InsistAsync()
        {
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    await using var session = await TestPostgres.OpenAsync(source.Bot.Bot with { Database = production.Database });
                    Interlocked.Increment(ref connections);
                    while (!stop.IsCancellationRequested)
                        await session.AskAsync<int>("select 1", Cancellation);
                }
                catch (NpgsqlException)
                {
                    // Ended, or the name has nobody for a moment.
                }
            }
        }
    }

    [Fact]
    public async Task A_session_that_comes_while_it_is_restored_leaves_the_proven_copy_and_says_how_to_use_it()
    {
        var production = await source.ProductionAsync();
        NpgsqlConnection? late = null;
        var progress = new RecordedProgress
        {
            OnStage = stage =>
            {
                if (stage.StartsWith("proof", StringComparison.Ordinal))
                    late = TestPostgres.OpenAsync(source.Bot.Bot with { Database = production.Database }).GetAwaiter().GetResult();
            },
        };
        var failed = await Assert.ThrowsAsync<TwiBackupException>(() => source.RestoreAsync(new DumpRestoreOptions { As = production.Database, Replace = true }, progress: progress));
        Assert.Contains($"process {late!.ProcessID}", failed.Message, StringComparison.Ordinal);
        var kept = global::System.Text.RegularExpressions.Regex.Match(failed.Message, "\"(twibackup_restore_[^\"]+)\" RENAME TO").Groups[1].Value;
        Assert.Equal("100", await source.Bot.Server.ScalarAsync("select count(*) from webhook_pins", kept));
        Assert.Equal("1", (await late.AskAsync<int>("select 1", Cancellation)).ToString(global::System.Globalization.CultureInfo.InvariantCulture));
        await late.DisposeAsync();
        // By hand, word for word.
        var statements = failed.Message[(failed.Message.LastIndexOf("by hand: ", StringComparison.Ordinal) + "by hand: ".Length)..];
        foreach (var statement in statements.Split("; ", StringSplitOptions.RemoveEmptyEntries))
            await source.Bot.Server.ExecuteAsync("postgres", statement);
        Assert.DoesNotContain(kept, await DumpedServer.DatabasesAsync(source.Superuser));
    }

    /// <summary>Fault 7: production was dropped before its successor was proven.</summary>
    [Fact]
    public async Task A_restore_that_is_given_up_at_any_stage_leaves_production_as_it_is()
    {
        var production = await source.ProductionAsync();
        var (digests, databases) = (await DumpedServer.DigestsAsync(production), await DumpedServer.DatabasesAsync(source.Superuser));
        foreach (var stage in (string[])["roles", "restore of", "proof of"])
        {
            using var given = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
            var progress = new RecordedProgress
            {
                OnStage = s =>
                {
                    if (s.StartsWith(stage, StringComparison.Ordinal))
                        given.Cancel();
                },
            };
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => source.RestoreAsync(
                new DumpRestoreOptions { As = production.Database, Replace = true, Disconnect = true }, progress: progress, cancellation: given.Token));
            Assert.Equal(databases, await DumpedServer.DatabasesAsync(source.Superuser));
            Assert.Equal(digests, await DumpedServer.DigestsAsync(production));
        }
    }

    [Fact]
    public async Task What_the_server_refuses_in_the_middle_is_one_line_and_leaves_nothing()
    {
        // The dump's roles may not be created by this one, nor may it give anything to them.
        await using var target = await TestPostgres.StartAsync();
        await target.ExecuteAsync("postgres", "create role manager login createdb createrole password 'm'");
        await target.ExecuteAsync("postgres", "drop database app", "drop role app");
        var progress = new RecordedProgress();
        var before = await DumpedServer.DatabasesAsync(target.Superuser);
        var failed = await Assert.ThrowsAsync<TwiBackupException>(() => source.RestoreAsync(
            new DumpRestoreOptions(), target.Superuser with { User = "manager" }, progress: progress));
        Assert.DoesNotContain('\n', failed.Message);
        Assert.Contains("cognita", failed.Message, StringComparison.Ordinal);
        Assert.Equal(before, await DumpedServer.DatabasesAsync(target.Superuser));
        // What such a role may do it has done: plain roles are there with their hashes.
        Assert.Equal("t", await target.ScalarAsync("select case when rolpassword like 'SCRAM%' then 't' end from pg_authid where rolname = 'app'"));
    }

    [Fact]
    public async Task Roles_that_may_not_be_created_are_told_in_one_line()
    {
        await source.Bot.Server.ExecuteAsync("postgres", "create role replica_two replication login", "create role root_two superuser");
        await using var store = TestStores.NewFileStore();
        await source.BackUpAsync(catalog: source.CatalogOn(store));
        await source.Bot.Server.ExecuteAsync("postgres", "drop role replica_two", "drop role root_two");
        await using var target = await TestPostgres.StartAsync();
        await target.ExecuteAsync("postgres", "create role manager login createdb createrole", "create role cognita_bot login", "grant cognita_bot to manager");
        var progress = new RecordedProgress();
        var result = await source.RestoreAsync(new DumpRestoreOptions(), target.Superuser with { User = "manager" }, source.CatalogOn(store), progress);
        Assert.Equal(["replica_two", "root_two"], result.Roles!.Refused.Order(StringComparer.Ordinal));
        Assert.Contains(progress.Warned, w => w.Contains("manager may not create the roles replica_two, root_two", StringComparison.Ordinal));
        Assert.Equal("cognita_bot", await target.ScalarAsync("select pg_get_userbyid(datdba)::text from pg_database where datname = 'cognita'"));
    }

    [Fact]
    public async Task A_dump_goes_to_no_older_server_and_to_none_without_its_extensions()
    {
        await using var store = TestStores.NewFileStore();
        var catalog = source.CatalogOn(store);
        var archive = await source.OpenAsync(source.Set.Manifest.Dump!.Databases[0].Object);
        var set = await source.SealAsync(catalog, archive, facts => facts with
        {
            Databases = [facts.Databases[0] with { Extensions = new Dictionary<string, string> { ["no_such_extension"] = "1.0" } }],
        });
        var missing = await Assert.ThrowsAsync<TwiBackupException>(() => source.RestoreAsync(new DumpRestoreOptions { As = "x" }, catalog: catalog));
        Assert.Contains("uses the extension no_such_extension", missing.Message, StringComparison.Ordinal);

        var newer = new BackupSet(set.Kind, set.Manifest with { Database = set.Manifest.Database! with { ServerVersion = 990001 } }, "");
        await using var server = await DumpTarget.OpenAsync(source.Superuser, [], Cancellation);
        var older = await Assert.ThrowsAsync<TwiBackupException>(() => server.RequireFitAsync(newer, [], Cancellation));
        Assert.Contains("is of PostgreSQL 99", older.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_view_that_cannot_be_filled_keeps_nobody_from_the_tables()
    {
        var production = await source.ProductionAsync();
        await TestPostgres.ExecuteAsync(
            production,
            "create materialized view fragile as select 1 / (select count(*) from quotes) as share",
            "create materialized view on_top as select * from fragile",
            "delete from quotes");
        await using var store = TestStores.NewFileStore();
        await source.BackUpAsync(DumpedServer.Options(production.Database), source.CatalogOn(store));
        var progress = new RecordedProgress();
        var result = await source.RestoreAsync(new DumpRestoreOptions { As = "fragile" }, catalog: source.CatalogOn(store), progress: progress);
        Assert.Equal(2, result.Databases[0].EmptyViews.Count);
        Assert.Contains(progress.Warned, w => w.Contains("public.fragile", StringComparison.Ordinal) && w.Contains("division by zero", StringComparison.Ordinal));
        Assert.Equal("100", await source.Bot.Server.ScalarAsync("select count(*) from webhook_pins", "fragile"));
    }

    [Fact]
    public async Task Views_made_of_views_are_filled_in_whatever_order_they_were_made()
    {
        var production = await source.ProductionAsync();
        await TestPostgres.ExecuteAsync(
            production,
            "create view between_them as select count(*) as pins from webhook_pins", "create materialized view first_made as select * from between_them",
            "create materialized view later_made as select count(*) as pins from webhook_pins",
            "create or replace view between_them as select pins from later_made", "refresh materialized view first_made");
        await using var store = TestStores.NewFileStore();
        await source.BackUpAsync(DumpedServer.Options(production.Database), source.CatalogOn(store));
        var result = await source.RestoreAsync(new DumpRestoreOptions { As = "views_of_views" }, catalog: source.CatalogOn(store));
        Assert.Empty(result.Databases[0].EmptyViews);
        Assert.Equal("100", await source.Bot.Server.ScalarAsync("select pins from first_made", "views_of_views"));
    }

    [Fact]
    public async Task Without_an_identity_or_with_a_wrong_choice_nothing_begins()
    {
        var blind = new SetCatalog(source.Store.Store, DumpedServer.System, source.Keys with { Identities = [] });
        Assert.Equal(ExitCode.WrongUse, (await Assert.ThrowsAsync<TwiBackupException>(() => source.RestoreAsync(new DumpRestoreOptions { As = "x" }, catalog: blind))).ExitCode);
        var unknown = await Assert.ThrowsAsync<TwiBackupException>(() => source.RestoreAsync(new DumpRestoreOptions { Databases = ["cognit"] }));
        Assert.Contains("holds no database \"cognit\"", unknown.Message, StringComparison.Ordinal);
        var early = await Assert.ThrowsAsync<TwiBackupException>(() => source.RestoreAsync(new DumpRestoreOptions { At = source.Set.Manifest.StartedAt.AddDays(-1) }));
        Assert.Contains("holds no dump set", early.Message, StringComparison.Ordinal);
    }

    private static string AboutDatabase(string name) =>
        $"""
        select concat_ws('|', pg_get_userbyid(datdba), datconnlimit, encoding, datcollate, shobj_description(oid, 'pg_database'),
            (select string_agg(x.grantee::regrole || ' ' || x.privilege_type, ',' order by x.grantee::regrole::text, x.privilege_type) from aclexplode(datacl) x),
            (select string_agg(coalesce(nullif(setrole, 0)::regrole::text, '') || setconfig::text, ',' order by setrole) from pg_db_role_setting where setdatabase = d.oid))
        from pg_database d where datname = {Sql.Text(name)}
        """;
}
