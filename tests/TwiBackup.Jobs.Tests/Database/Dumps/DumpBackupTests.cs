using Npgsql;
using TwiBackup.Catalog;
using TwiBackup.Database.Dumps;
using TwiBackup.Postgres;
using TwiBackup.Tests.Catalog;
using TwiBackup.Tests.Files;
using TwiBackup.Tests.Postgres;
using TwiBackup.Tests.Stores;

namespace TwiBackup.Tests.Database.Dumps;

/// <summary>A dump is there whole, or it is not there.</summary>
public sealed class DumpBackupTests(DumpedServer source) : IClassFixture<DumpedServer>
{
    private static CancellationToken Cancellation => DumpedServer.Cancellation;

    [Fact]
    public void The_manifest_says_what_a_restore_must_bring_back()
    {
        var (facts, dump) = (source.Set.Manifest.Database!, source.Set.Manifest.Dump!);
        Assert.Equal(["cognita.dump.zst.age", "globals.sql.zst.age"], source.Set.Manifest.Objects.Select(o => o.Name));
        Assert.Equal((0u, null, null), (facts.Timeline, facts.StartLsn, facts.StopLsn));
        Assert.Equal(TestEnvironment.Installation.Version.ToString(), dump.ToolVersion);
        Assert.True(dump.RolePasswords);
        Assert.Superset(new HashSet<string> { "app", "cognita_bot", "postgres", "replicator" }, dump.Roles.ToHashSet());
        var database = Assert.Single(dump.Databases);
        Assert.Equal(DumpedServer.Database, database.Name);
        Assert.InRange(database.SnapshotTime, source.Set.Manifest.StartedAt.AddSeconds(-1), source.Set.Manifest.CompletedAt);
        Assert.Contains(database.Tables, t => t is { Table: "public.webhook_pins", Rows: 100 });
        Assert.Contains(database.Tables, t => t is { Table: "public.\"Server Settings\"", Rows: 1 });
        // A dump brings unlogged tables, a physical backup does not.
        Assert.Contains(database.Tables, t => t is { Table: "public.member_cache", Rows: 7 });
        Assert.DoesNotContain(database.Tables, t => t.Table == "public.user_activity");
        Assert.Equal(4, database.MaterializedViews.Count);
    }

    /// <summary>Fault 1 of the guide: the pipe hid that pg_dump had failed.</summary>
    [Theory]
    [InlineData("\"$REAL\" \"$@\" | head -c 30000; exit 1", "failed with exit code 1")]
    [InlineData("\"$REAL\" \"$@\" 2>/dev/null | head -c 30000; kill -9 $$", "killed by signal 9")]
    [InlineData("echo 'pg_dump: error: the disk is on fire' >&2; exit 3", "exit code 3: the disk is on fire")]
    [InlineData("exit 0", "wrote nothing")]
    [InlineData("echo 'Nothing to do, goodbye.'", "something else than an archive")]
    public async Task A_pg_dump_that_fails_leaves_no_set(string script, string said)
    {
        await using var store = TestStores.NewFileStore();
        var catalog = source.CatalogOn(store);
        using var fake = new FakeTools("pg_dump", script);
        var failed = await Assert.ThrowsAsync<TwiBackupException>(() => source.BackUpAsync(catalog: catalog, tools: _ => fake.Installation));
        Assert.Contains(said, failed.Message, StringComparison.Ordinal);
        Assert.Empty((await catalog.ListAsync(SetKind.Dump, Cancellation)).Sets);
        Assert.DoesNotContain(DumpedServer.Photograph(store.Root).Keys, name => name.Contains(".dump.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_pg_dumpall_that_fails_leaves_no_set()
    {
        await using var store = TestStores.NewFileStore();
        using var fake = new FakeTools("pg_dumpall", "\"$REAL\" \"$@\"; exit 1");
        await Assert.ThrowsAsync<TwiBackupException>(() => source.BackUpAsync(catalog: source.CatalogOn(store), tools: _ => fake.Installation));
        Assert.Empty((await source.CatalogOn(store).ListAsync(SetKind.Dump, Cancellation)).Sets);
    }

    [Fact]
    public async Task A_server_that_ends_in_the_middle_leaves_no_set()
    {
        await using var server = await TestPostgres.StartAsync();
        await server.ExecuteAsync("app", "create table big as select i, repeat(md5(i::text), 30) t from generate_series(1, 20000) i");
        await using var store = TestStores.NewFileStore();
        // The dump's object is begun when the snapshot stands: nothing of the rows was read yet.
        var hook = new HookStore(store.Store)
        {
            BeforeWrite = key =>
            {
                if (key.EndsWith("app.dump.zst.age", StringComparison.Ordinal))
                    server.Server.Kill();
                return Task.CompletedTask;
            },
        };
        await Assert.ThrowsAsync<TwiBackupException>(() => source.BackUpAsync(
            DumpedServer.Options("app"), new SetCatalog(hook, DumpedServer.System, source.Keys), server.Superuser));
        Assert.Empty((await source.CatalogOn(store).ListAsync(SetKind.Dump, Cancellation)).Sets);
    }

    /// <summary>Fault 20: an old client against a newer server.</summary>
    [Fact]
    public async Task A_pg_dump_older_than_the_server_is_refused_in_one_line()
    {
        using var old = new FakeTools("pg_dump", "echo 'pg_dump (PostgreSQL) 13.14'");
        var environment = new Dictionary<string, string> { ["TWIBACKUP_PG_BIN"] = old.Folder };
        var refused = await Assert.ThrowsAsync<TwiBackupException>(() => source.BackUpAsync(tools: major => PostgresInstallation.FindClient("pg_dump", major, environment)));
        Assert.Contains("the newest here is 13.14, which refuses anything newer", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"postgresql-client-{TestEnvironment.Installation.Major}", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    /// <summary>Faults 1 and 14: a database or a role that is not there was a dump of 20 bytes.</summary>
    [Fact]
    public async Task What_is_not_there_or_lets_nobody_in_is_told()
    {
        var missing = await Assert.ThrowsAsync<TwiBackupException>(() => source.BackUpAsync(DumpedServer.Options("nope")));
        Assert.Equal(ExitCode.WrongUse, missing.ExitCode);
        Assert.Contains("no database \"nope\"", missing.Message, StringComparison.Ordinal);
        Assert.Contains("\"cognita\"", missing.Message, StringComparison.Ordinal);
        var password = await Assert.ThrowsAsync<TwiBackupException>(() => source.BackUpAsync(connection: source.Bot.Bot with { Password = "wrong" }));
        Assert.Contains("refused the password", password.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", password.Message, StringComparison.Ordinal);
        var unreadable = await Assert.ThrowsAsync<TwiBackupException>(() => source.BackUpAsync(connection: source.Bot.Server.App));
        Assert.Contains("pg_read_all_data", unreadable.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_role_that_may_not_read_hashes_dumps_roles_without_them_and_says_so()
    {
        await using var store = TestStores.NewFileStore();
        var progress = new RecordedProgress();
        var set = await source.BackUpAsync(catalog: source.CatalogOn(store), connection: source.Bot.Bot, progress: progress);
        Assert.False(set.Manifest.Dump!.RolePasswords);
        Assert.Contains(progress.Warned, w => w.Contains("without passwords", StringComparison.Ordinal));
        var globals = await Globals.ReadAsync(source.CatalogOn(store), set, progress, Cancellation);
        Assert.All(globals.Roles.Values, r => Assert.Null(r.PasswordHash));
        Assert.Contains("cognita_bot", globals.Roles.Keys);
    }

    /// <summary>Faults 9 and 10: readable by all, and under its final name, while it was written.</summary>
    [Fact]
    public async Task While_a_dump_is_written_it_is_no_set_and_nobody_else_can_read_it()
    {
        await using var store = TestStores.NewFileStore();
        var catalog = source.CatalogOn(store);
        var seen = 0;
        var hook = new HookStore(store.Store)
        {
            BeforeWrite = async key =>
            {
                Assert.Empty(await catalog.ListIdsAsync(SetKind.Dump, Cancellation));
                foreach (var path in Directory.EnumerateFileSystemEntries(store.Root, "*", SearchOption.AllDirectories))
                {
                    seen++;
                    Assert.Equal((UnixFileMode)0, File.GetUnixFileMode(path) & (UnixFileMode)0b000_111_111);
                }
            },
        };
        var set = await source.BackUpAsync(catalog: new SetCatalog(hook, DumpedServer.System, source.Keys));
        Assert.True(seen > 5, $"only {seen} files and folders were looked at");
        Assert.Equal([set.Id], await catalog.ListIdsAsync(SetKind.Dump, Cancellation));
    }

    [Fact]
    public async Task A_dump_killed_at_any_byte_is_no_set()
    {
        await using var store = TestStores.NewFileStore();
        var catalog = source.CatalogOn(store);
        foreach (var budget in (long[])[0, 1, 500, 3000, 12_000])
        {
            var cut = new CutStore(store.Store, budget);
            await Assert.ThrowsAnyAsync<Exception>(() => source.BackUpAsync(catalog: new SetCatalog(cut, DumpedServer.System, source.Keys)));
            Assert.True(cut.Left < 0, $"{budget} was enough");
            Assert.Empty(await catalog.ListIdsAsync(SetKind.Dump, Cancellation));
        }
    }

    /// <summary>Fault 11: two runs at once wrote one file.</summary>
    [Fact]
    public async Task Of_two_dumps_at_once_the_second_is_refused_and_says_who_runs()
    {
        await using var store = TestStores.NewFileStore();
        var catalog = source.CatalogOn(store);
        var refused = new List<TwiBackupException>();
        var hook = new HookStore(store.Store)
        {
            BeforeWrite = async key =>
            {
                if (key.EndsWith("globals.sql.zst.age", StringComparison.Ordinal))
                    refused.Add(await Assert.ThrowsAsync<TwiBackupException>(() => source.BackUpAsync(catalog: catalog)));
            },
        };
        var set = await source.BackUpAsync(catalog: new SetCatalog(hook, DumpedServer.System, source.Keys));
        Assert.Matches("Another dump of .* runs: process \\d+ on the server \\(twibackup", Assert.Single(refused).Message);
        Assert.Equal([set.Id], await catalog.ListIdsAsync(SetKind.Dump, Cancellation));
        // It ended with its holder.
        await source.BackUpAsync(catalog: catalog);
    }

    /// <summary>Fault 13: a pattern of file names took other databases along.</summary>
    [Fact]
    public async Task Databases_are_told_apart_by_their_whole_names_whatever_stands_in_them()
    {
        string[] names = ["cognita_test", "Söhne & Töchter='x' a\"b/c.d", "dbname=postgres"];
        foreach (var (name, i) in names.Select((n, i) => (n, i)))
        {
            await source.Bot.Server.ExecuteAsync("postgres", $"create database {Sql.Name(name)}");
            await TestPostgres.ExecuteAsync(source.Superuser with { Database = name }, $"create table \"t{i}\" as select {i} as t, 'x' as b");
        }

        await using var store = TestStores.NewFileStore();
        var catalog = source.CatalogOn(store);
        var set = await source.BackUpAsync(DumpedServer.Options([DumpedServer.Database, .. names]), catalog);
        var databases = set.Manifest.Dump!.Databases;
        Assert.Equal([DumpedServer.Database, .. names], databases.Select(d => d.Name));
        Assert.Equal(databases.Count, databases.Select(d => d.Object).Distinct().Count());
        Assert.All(databases, d => Assert.Matches("^[A-Za-z0-9_=-]+\\.dump\\.zst\\.age$", d.Object));

        foreach (var name in names)
            await source.Bot.Server.ExecuteAsync("postgres", $"drop database {Sql.Name(name)}");
        var result = await source.RestoreAsync(new DumpRestoreOptions { Databases = names }, catalog: catalog);
        Assert.Equal(names, result.Databases.Select(d => d.Name));
        foreach (var (name, i) in names.Select((n, i) => (n, i)))
            Assert.Equal($"{i} x", await source.Bot.Server.ScalarAsync($"select t || ' ' || b from \"t{i}\"", name));
        Assert.Equal("100", await source.Bot.AskAsync("select count(*) from webhook_pins"));
        foreach (var name in names)
            await source.Bot.Server.ExecuteAsync("postgres", $"drop database {Sql.Name(name)}");
    }

    [Fact]
    public async Task A_table_that_somebody_has_locked_ends_the_dump_in_time_and_names_who()
    {
        var production = await source.ProductionAsync();
        await using var holder = await TestPostgres.OpenAsync(production with { User = "postgres" });
        await using var transaction = await holder.BeginTransactionAsync(Cancellation);
        await holder.RunAsync("lock table quotes in access exclusive mode; select 'a secret literal'", Cancellation);
        await using var store = TestStores.NewFileStore();
        var failed = await Assert.ThrowsAsync<TwiBackupException>(() => source.BackUpAsync(
            DumpedServer.Options(production.Database) with { LockTimeout = TimeSpan.FromMilliseconds(300) }, source.CatalogOn(store)));
        Assert.Contains("Table public.quotes of", failed.Message, StringComparison.Ordinal);
        Assert.Contains($"process {holder.ProcessID} has", failed.Message, StringComparison.Ordinal);
        Assert.Contains("user postgres", failed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failed.Message, StringComparison.Ordinal);
        Assert.Empty(await source.CatalogOn(store).ListIdsAsync(SetKind.Dump, Cancellation));
    }

    [Fact]
    public async Task A_migration_that_waits_between_us_and_pg_dump_ends_the_dump_in_time_and_is_named()
    {
        var production = await source.ProductionAsync();
        await using var migration = await TestPostgres.OpenAsync(production);
        Task? waiting = null;
        await using var store = TestStores.NewFileStore();
        var hook = new HookStore(store.Store)
        {
            BeforeWrite = async key =>
            {
                // The snapshot stands, pg_dump has not begun.
                if (!key.EndsWith(".dump.zst.age", StringComparison.Ordinal))
                    return;
                waiting = migration.RunAsync("alter table quotes add column more int", Cancellation);
                while (await source.Bot.Server.ScalarAsync($"select count(*) from pg_locks where pid = {migration.ProcessID} and not granted") == "0")
                    await Task.Delay(10, Cancellation);
            },
        };
        var failed = await Assert.ThrowsAsync<TwiBackupException>(() => source.BackUpAsync(
            DumpedServer.Options(production.Database) with { LockTimeout = TimeSpan.FromMilliseconds(500) }, new SetCatalog(hook, DumpedServer.System, source.Keys)));
        Assert.Contains("waited too long for a table", failed.Message, StringComparison.Ordinal);
        Assert.Contains($"process {migration.ProcessID} has quotes", failed.Message, StringComparison.Ordinal);
        Assert.Contains("running alter table …", failed.Message, StringComparison.Ordinal);
        await waiting!;
        Assert.Empty(await source.CatalogOn(store).ListIdsAsync(SetKind.Dump, Cancellation));
    }

    [Fact]
    public async Task A_dump_of_a_database_that_is_written_all_the_time_is_of_one_instant()
    {
        var production = await source.ProductionAsync();
        await TestPostgres.ExecuteAsync(production, "create table lefts (id int)", "create table rights (id int)");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var first = new TaskCompletionSource();
        var writing = WriteAsync();
        await first.Task;
        await using var store = TestStores.NewFileStore();
        var set = await source.BackUpAsync(DumpedServer.Options(production.Database), source.CatalogOn(store));
        await stop.CancelAsync();
        await writing;

        var tables = set.Manifest.Dump!.Databases[0].Tables;
        var (left, right) = (tables.Single(t => t.Table == "public.lefts"), tables.Single(t => t.Table == "public.rights"));
        Assert.True(left.Rows > 0);
        Assert.Equal((left.Rows, left.Digest), (right.Rows, right.Digest));
        // The archive is of the same instant, or this would not agree.
        await source.RestoreAsync(new DumpRestoreOptions { As = "of_one_instant" }, catalog: source.CatalogOn(store));
        Assert.Equal(left.Rows.ToString(global::System.Globalization.CultureInfo.InvariantCulture), await source.Bot.Server.ScalarAsync("select count(*) from rights", "of_one_instant"));

        async Task WriteAsync()
        {
            await using var connection = await TestPostgres.OpenAsync(production);
            for (var id = 0; !stop.IsCancellationRequested; id++)
            {
                await using var command = new NpgsqlCommand($"begin; insert into lefts values ({id}); insert into rights values ({id}); commit", connection);
                await command.ExecuteNonQueryAsync(CancellationToken.None);
                first.TrySetResult();
            }
        }
    }
}
