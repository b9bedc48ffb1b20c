using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Database.Dumps;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Sealing;
using TwiBackup.Stores;
using TwiBackup.Tests.Postgres;
using TwiBackup.Tests.Stores;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Formats;

/// <summary>The page that somebody reads who has lost this program: what it says is done, word for word, with Debian's tools.</summary>
public sealed class FormatsPageTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_commands_of_the_formats_page_restore_a_database()
    {
        await using var postgres = await TestPostgres.StartAsync();
        await using var store = TestStores.NewFileStore();
        var folder = TestEnvironment.Account.CreatePrivateDirectory("twi-formats-");
        try
        {
            var keys = await KeyFiles.GenerateAsync(Path.Combine(folder, "keys"), TimeProvider.System, Cancellation);
            var writer = new KeyRing([keys.Recipient], [], await KeyFiles.ReadSigningKeyAsync(keys.SigningFile, Cancellation), [keys.SigningPublic]);
            var expected = await BackUpAsync(postgres, store.Store, writer);
            postgres.Server.Kill();

            var script = await PageCommands.BelowAsync("formats.md", "Restore by hand");
            var data = Path.Combine(folder, "data");
            var wal = Directory.CreateDirectory(Path.Combine(folder, "wal")).FullName;
            var result = await PageCommands.RunAsync(script, new Dictionary<string, string?>
            {
                ["STORE"] = new Uri(store.Store.Location).LocalPath,
                ["SYSTEM"] = "twi",
                ["IDENTITY"] = keys.IdentityFile,
                ["TRUSTED"] = keys.SigningPublic.ToString(),
                ["DATA"] = data,
                ["WAL"] = wal,
            });
            Assert.True(result.ExitCode == 0, result.ErrorOutput);
            TestEnvironment.Account.ChownTree(folder);

            await using var restored = await TestPostgres.StartOnAsync(data, ("hba_file", await TrustFileAsync(folder)));
            await RecoveredAsync(restored);
            Assert.Equal(expected, await restored.ScalarAsync("select count(*) || ' ' || max(id) from kept"));
        }
        finally
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task The_commands_of_the_formats_page_restore_a_dump_and_tell_rows_that_are_missing()
    {
        await using var source = await TestPostgres.StartAsync();
        await source.ExecuteAsync(
            "postgres", "create role cognita_bot login password 'its own'", "create database \"the bot's\" owner cognita_bot", "alter database \"the bot's\" set timezone = 'Asia/Tokyo'");
        await TestPostgres.ExecuteAsync(
            source.Superuser with { Database = "the bot's" },
            "create table \"Server Settings\" as select i as id, md5(i::text) as t from generate_series(1, 500) i", "alter table \"Server Settings\" owner to cognita_bot",
            "create materialized view counted as select count(*) from \"Server Settings\"");
        await using var store = TestStores.NewFileStore();
        using var folder = new Sealing.TempFolder();
        var keys = await KeyFiles.GenerateAsync(folder.File("keys"), TimeProvider.System, Cancellation);
        var writer = new KeyRing([keys.Recipient], [], await KeyFiles.ReadSigningKeyAsync(keys.SigningFile, Cancellation), [keys.SigningPublic]);
        await new DumpBackup(
            new SetCatalog(store.Store, "twi", writer), source.Superuser, major => PostgresInstallation.FindClient("pg_dump", major, TestEnvironment.Variables),
            new DumpBackupOptions { Keep = TimeSpan.FromDays(30), Databases = ["the bot's", "app"] }, TimeProvider.System, SilentProgress.Instance).RunAsync(Cancellation);
        var hash = await source.ScalarAsync("select rolpassword from pg_authid where rolname = 'cognita_bot'");
        source.Server.Kill();

        await using var target = await TestPostgres.StartAsync();
        await target.ExecuteAsync("postgres", "drop database app");
        var restored = await RunAsync(await PageCommands.BelowAsync("formats.md", "Restore a dump by hand"));
        Assert.True(restored.ExitCode == 0, restored.ErrorOutput);
        Assert.Equal("", restored.Output.Trim());
        Assert.Equal("500", await target.ScalarAsync("select count(*) from \"Server Settings\"", "the bot's"));
        Assert.Equal("500", await target.ScalarAsync("select count from counted", "the bot's"));
        Assert.Equal("cognita_bot Asia/Tokyo", await target.ScalarAsync(
            "select tableowner || ' ' || current_setting('timezone') from pg_tables where tablename = 'Server Settings'", "the bot's"));
        Assert.Equal(hash, await target.ScalarAsync("select rolpassword from pg_authid where rolname = 'cognita_bot'"));

        // The last part can fail.
        await target.ExecuteAsync("the bot's", "delete from \"Server Settings\" where id = 7");
        var script = await PageCommands.BelowAsync("formats.md", "Restore a dump by hand");
        var setup = script[..script.IndexOf("minisign", StringComparison.Ordinal)];
        var told = await RunAsync(setup + script[script.IndexOf("# Whether every table", StringComparison.Ordinal)..]);
        Assert.Equal("the bot's: public.\"Server Settings\"", told.Output.Trim());

        Task<ChildResult> RunAsync(string text) => PageCommands.RunAsync(text, new Dictionary<string, string?>
        {
            ["STORE"] = new Uri(store.Store.Location).LocalPath,
            ["SYSTEM"] = "twi",
            ["IDENTITY"] = keys.IdentityFile,
            ["TRUSTED"] = keys.SigningPublic.ToString(),
            ["PGHOST"] = target.Superuser.Host,
            ["PGPORT"] = target.Port.ToString(global::System.Globalization.CultureInfo.InvariantCulture),
            ["PGUSER"] = "postgres",
            ["PATH"] = $"{TestEnvironment.Installation.BinDirectory}:{Environment.GetEnvironmentVariable("PATH")}",
        });
    }

    /// <summary>A full, then whole segments and tails behind it.</summary>
    private static async Task<string> BackUpAsync(TestPostgres postgres, IObjectStore store, KeyRing keys)
    {
        await postgres.ExecuteAsync("postgres", "create table kept (id int primary key, text text); insert into kept select i, md5(i::text) from generate_series(1, 20000) i");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        await using var receiver = new WalReceiver(
            new WalReceiverOptions { System = "twi", Connection = postgres.Replicator, Slot = "twibackup", FlushInterval = TimeSpan.FromMilliseconds(100) },
            store, keys, _ => { }, SilentProgress.Instance, TimeProvider.System);
        var receiving = receiver.RunAsync(stop.Token);
        await new FullBackup(
            new SetCatalog(store, "twi", keys), postgres.Superuser, new FullBackupOptions { Keep = TimeSpan.FromDays(30) }, TimeProvider.System, SilentProgress.Instance)
            .RunAsync(Cancellation);
        await postgres.ExecuteAsync("postgres", "insert into kept select i, repeat(md5(i::text), 20) from generate_series(20001, 60000) i");
        await postgres.ExecuteAsync("postgres", "insert into kept values (60001, 'in a tail')");
        var expected = await postgres.ScalarAsync("select count(*) || ' ' || max(id) from kept");
        var end = Lsn.Parse(await postgres.ScalarAsync("select pg_current_wal_flush_lsn()"));
        while (receiver.Status.Durable < end)
            await Task.Delay(20, Cancellation);
        await stop.CancelAsync();
        await receiving;
        return expected;
    }

    private static async Task<string> TrustFileAsync(string folder)
    {
        var path = Path.Combine(folder, "hba");
        await File.WriteAllTextAsync(path, "local all all trust\n", Cancellation);
        TestEnvironment.Account.Chown(path);
        return path;
    }

    private static async Task RecoveredAsync(TestPostgres postgres)
    {
        while (await postgres.ScalarAsync("select pg_is_in_recovery()::text") == "true")
            await Task.Delay(20, Cancellation);
    }
}
