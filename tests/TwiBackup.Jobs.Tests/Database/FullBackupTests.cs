using System.Globalization;
using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Postgres;
using TwiBackup.Postgres.Replication;
using TwiBackup.Progress;
using TwiBackup.Tests.Postgres;

namespace TwiBackup.Tests.Database;

/// <summary>A full backup of a real server: what it holds, and what stops it, each in one line and without a set.</summary>
public sealed class FullBackupTests(FullBackupTests.Shared shared) : IClassFixture<FullBackupTests.Shared>
{
    private BackedUpServer Source => shared.Source;

    [Fact]
    public async Task A_full_lists_what_the_server_is_and_the_wal_that_makes_it_consistent()
    {
        var set = await Source.BackUpAsync();
        var facts = set.Manifest.Database!;
        Assert.Equal(await Source.AskAsync("select system_identifier from pg_control_system()"), facts.SystemIdentifier);
        Assert.Equal(1 << 20, facts.WalSegmentSize);
        Assert.True(facts.DataChecksums);
        Assert.Equal("postgres", facts.Superuser);
        Assert.Contains("app", facts.Databases.Keys);
        Assert.Equal("32MB", facts.Settings["shared_buffers"]);

        var wal = set.Manifest.Objects.Where(o => o.Name.StartsWith("wal/", StringComparison.Ordinal)).ToList();
        Assert.Equal(WalSegment.Containing(set.StartLsn, 1, 1 << 20).Name + ".zst.age", Path.GetFileName(wal[0].Name));
        Assert.Equal(WalSegment.Containing(new Lsn(set.StopLsn.Value - 1), 1, 1 << 20).Name + ".zst.age", Path.GetFileName(wal[^1].Name));
        Assert.All(wal, o => Assert.Equal(1 << 20, o.PlainLength));
        // Each volume but the last is full, and none is larger than it by more than a file.
        var volumes = set.Manifest.Objects.Where(o => o.Name.StartsWith("base.", StringComparison.Ordinal)).ToList();
        Assert.True(volumes.Count > 3);
        Assert.All(volumes.SkipLast(1), v => Assert.True(v.PlainLength >= 4 << 20));
        // A reader sees the same set, and nothing is left of the slot.
        var read = await Source.Catalog.ReadAsync(SetKind.Full, set.Id, BackedUpServer.Cancellation);
        Assert.Equal(set.ManifestSha256, read.ManifestSha256);
        Assert.Equal("0", await Source.AskAsync("select count(*) from pg_replication_slots"));
    }

    [Fact]
    public async Task Of_two_at_once_the_second_says_who_holds_the_lock()
    {
        await using var holder = await ReplicationConnection.ConnectAsync(Source.Server.Replicator with { ApplicationName = "the first backup" }, BackedUpServer.Cancellation);
        await holder.CreateSlotAsync(new FullBackupOptions { Keep = TimeSpan.Zero }.SlotName, temporary: true, BackedUpServer.Cancellation);
        var process = await Source.AskAsync("select active_pid from pg_replication_slots");
        var refused = await RefusedAsync(Source.Server.Replicator);
        Assert.Contains("Another full backup", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"process {process} ", refused.Message, StringComparison.Ordinal);
        Assert.Contains("the first backup from 127.0.0.1", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_the_wal_connection_is_cut_nothing_is_committed()
    {
        var cut = false;
        var store = new HookStore(Source.Store.Store);
        store.BeforeWrite = async key =>
        {
            if (key.EndsWith("base.0001.tar.zst.age", StringComparison.Ordinal) && !cut)
            {
                cut = true;
                await Source.ExecuteAsync("select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = 'twibackup_base'");
            }
        };
        var before = await SetsAsync();
        var failed = await Assert.ThrowsAnyAsync<Exception>(() => Source.BackUpAsync(new SetCatalog(store, BackedUpServer.System, Source.Keys)));
        Assert.True(failed is TwiBackupException or IOException, failed.ToString());
        Assert.DoesNotContain('\n', failed.Message);
        Assert.True(cut);
        Assert.Equal(before, await SetsAsync());
        // The next one finds no lock.
        await Source.BackUpAsync();
    }

    [Fact]
    public async Task A_store_that_fails_in_the_middle_leaves_no_set_and_no_lock()
    {
        var store = new HookStore(Source.Store.Store)
        {
            BeforeWrite = key => key.Contains("/base.0002", StringComparison.Ordinal) ? throw new TwiBackupException("The store is full.") : Task.CompletedTask,
        };
        var before = await SetsAsync();
        var failed = await Assert.ThrowsAsync<TwiBackupException>(() => Source.BackUpAsync(new SetCatalog(store, BackedUpServer.System, Source.Keys)));
        Assert.Equal("The store is full.", failed.Message);
        Assert.Equal(before, await SetsAsync());
        await Source.BackUpAsync();
    }

    [Fact]
    public async Task A_server_that_cannot_be_asked_is_said_in_one_line()
    {
        var server = Source.Server;
        await RefusedAsync(server.Replicator with { Password = "wrong" }, "password", "replicator");
        await RefusedAsync(server.App with { Database = "postgres" }, "REPLICATION");
        await RefusedAsync(server.Replicator with { Port = LocalServer.FreePort() }, "127.0.0.1");
    }

    [Fact]
    public async Task A_tablespace_is_said_in_one_line()
    {
        var place = Source.NewDataDirectory();
        Directory.CreateDirectory(place);
        TestEnvironment.Account.Chown(place);
        await Source.ExecuteAsync($"create tablespace elsewhere location '{place}'");
        try
        {
            await RefusedAsync(Source.Server.Replicator, "tablespace", "elsewhere");
        }
        finally
        {
            await Source.ExecuteAsync("drop tablespace elsewhere");
        }
    }

    [Fact]
    public async Task A_server_that_would_wait_for_us_at_every_commit_is_refused()
    {
        await Source.ExecuteAsync("alter system set synchronous_standby_names = '*'", "select pg_reload_conf()");
        try
        {
            await UntilAsync("*");
            await RefusedAsync(Source.Server.Replicator, "synchronous_standby_names");
        }
        finally
        {
            await Source.ExecuteAsync("alter system reset synchronous_standby_names", "select pg_reload_conf()");
            await UntilAsync("");
        }

        async Task UntilAsync(string value)
        {
            while (await Source.AskAsync("show synchronous_standby_names") != value)
                await Task.Delay(20, BackedUpServer.Cancellation);
        }
    }

    [Fact]
    public async Task Minimal_wal_is_said_in_one_line()
    {
        await using var server = await TestPostgres.StartAsync(("wal_level", "minimal"), ("max_wal_senders", "0"));
        await RefusedAsync(server.Replicator, "wal_level");
    }

    private async Task<TwiBackupException> RefusedAsync(ConnectionSettings connection, params string[] words)
    {
        var before = await SetsAsync();
        var backup = new FullBackup(Source.Catalog, connection, BackedUpServer.Options(), TimeProvider.System, SilentProgress.Instance);
        var refused = await Assert.ThrowsAnyAsync<TwiBackupException>(() => backup.RunAsync(BackedUpServer.Cancellation));
        Assert.DoesNotContain('\n', refused.Message);
        Assert.All(words, word => Assert.Contains(word, refused.Message, StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(TestPostgres.ReplicatorPassword, refused.ToString(), StringComparison.Ordinal);
        Assert.Equal(before, await SetsAsync());
        return refused;
    }

    private Task<IReadOnlyList<string>> SetsAsync() => Source.Catalog.ListIdsAsync(SetKind.Full, BackedUpServer.Cancellation);

    /// <summary>One server for all tests of the class.</summary>
    public sealed class Shared : IAsyncLifetime
    {
        public BackedUpServer Source { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Source = await BackedUpServer.StartAsync();

        public ValueTask DisposeAsync() => Source.DisposeAsync();
    }
}
