using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Tests.Database;
using TwiBackup.Tests.Postgres;
using TwiBackup.Verification;

namespace TwiBackup.Tests.Attacks.Places;

/// <summary>Clusters that nobody thinks of: each is backed up, received, restored to the newest point and judged by PostgreSQL.</summary>
public sealed class Invariant03_Odd_clusters_are_restored
{
    /// <summary>A quote of each kind, spaces, an umlaut, what a shell and PostgreSQL's own commands would take for theirs.</summary>
    private const string OddName = "we \"ird\" d\u00e4ta'base %f $(id) \\ ;";

    [Theory]
    [InlineData(64)]
    [InlineData(128)]
    public async Task With_segments_of_64_MiB_and_more(int segmentMb)
    {
        await using var source = await BackedUpServer.StartAsync(
            new InitOptions { WalSegmentSizeMb = segmentMb }, ("min_wal_size", $"{2 * segmentMb}MB"), ("max_wal_size", $"{4 * segmentMb}MB"));
        await RoundTripAsync(source);
        Tally.Add("clusters: WAL segments of 64 and 128 MiB", (1, "round trips"));
    }

    [Fact]
    public async Task At_the_far_end_of_their_LSNs()
    {
        await using var source = await BackedUpServer.StartAsync();
        await source.Server.Server.StopAsync(StopMode.Fast, TimeSpan.FromSeconds(60), BackedUpServer.Cancellation);
        // The last segment of a log file: what follows crosses into the next; 15 GiB before there are no more.
        var reset = await ChildProcess.RunAsync(
            new ChildProcessOptions
            {
                Program = TestEnvironment.Installation.Tool("pg_resetwal"),
                Arguments = ["-D", source.Server.DataDirectory, "-l", "00000001FFFFFFFB00000FFE"],
                Account = TestEnvironment.Account,
            },
            BackedUpServer.Cancellation);
        reset.ThrowIfFailed("pg_resetwal", "");
        await source.Server.StartAgainAsync();
        await RoundTripAsync(source);
        Assert.StartsWith("FFFFFFFC/", await source.AskAsync("select pg_current_wal_lsn()"), StringComparison.Ordinal);
        Tally.Add("clusters: at the far end of their LSNs", (1, "round trips"));
    }

    [Fact]
    public async Task Without_checksums_with_names_that_need_quotes_and_with_tables_that_are_not_logged()
    {
        await using var source = await BackedUpServer.StartAsync(new InitOptions { WalSegmentSizeMb = 1, Checksums = false });
        var quoted = Quote(OddName);
        await source.Server.ExecuteAsync("postgres", $"create role {quoted}", $"create database {quoted} owner {quoted}");
        await source.Server.ExecuteAsync(
            OddName,
            $"create schema {quoted}", $"create table {quoted}.{quoted}({quoted} serial primary key, t text)", $"alter table {quoted}.{quoted} owner to {quoted}",
            $"insert into {quoted}.{quoted}(t) select md5(g::text) from generate_series(1, 1000) g",
            "create unlogged table passing as select g from generate_series(1, 1000) g", "create table heartbeat(at timestamptz)", "insert into heartbeat values (now())");
        await source.StartReceiverAsync();
        var set = await source.BackUpAsync();
        Assert.False(set.Manifest.Database!.DataChecksums);
        Assert.Contains(OddName, set.Manifest.Database.Databases.Keys);
        await source.Server.ExecuteAsync(OddName, $"insert into {quoted}.{quoted}(t) values ('behind it')");
        await source.CatchUpAsync();
        await source.StopReceiverAsync();

        var record = await new DatabaseVerifier(
            source.Catalog, TestEnvironment.Installation, TestEnvironment.Account,
            new DatabaseVerifyOptions { ScratchFolder = source.Folder, Heartbeat = ("public.heartbeat", "at") }, TimeProvider.System, SilentProgress.Instance).RunAsync(BackedUpServer.Cancellation);
        Assert.True(record.Proven, string.Join(" | ", record.Checks.Where(c => !c.Passed)));
        Assert.DoesNotContain(record.Checks, c => c.Name == "page checksums");

        await using var restored = await source.RestoreAsync(RecoveryTarget.Latest);
        Assert.Equal("1001", await restored.AskAsync($"select count(*) from {quoted}.{quoted}", OddName));
        // What is not logged is there and empty, as after any crash.
        Assert.Equal("0", await restored.AskAsync("select count(*) from passing", OddName));
        Assert.Equal(OddName, await restored.AskAsync($"select tableowner from pg_tables where tablename = '{OddName.Replace("'", "''", StringComparison.Ordinal)}'", OddName));

        // Brought back alone into a database whose name is as odd.
        await source.Server.ExecuteAsync(OddName, $"drop table {quoted}.{quoted}");
        await TableTransfer.CopyAsync(
            TestEnvironment.Installation, TestEnvironment.Account, restored.Connection with { Database = OddName },
            source.Server.Superuser with { Database = OddName }, $"{quoted}.{quoted}", BackedUpServer.Cancellation);
        Assert.Equal("1001", await source.Server.ScalarAsync($"select count(*) from {quoted}.{quoted}", OddName));
        Tally.Add("clusters: odd names, no checksums, unlogged tables", (1, "round trips"));
    }

    [Fact]
    public async Task When_tables_are_dropped_and_made_under_the_backup_and_the_server_floods_us_with_notices()
    {
        await using var source = await BackedUpServer.StartAsync(
            ("log_connections", "on"), ("log_disconnections", "on"), ("log_statement", "all"), ("log_replication_commands", "on"),
            ("log_min_messages", "debug1"), ("client_min_messages", "debug5"));
        await source.ExecuteAsync([.. Enumerable.Range(1, 20).Select(i => $"create table t{i} as select g, repeat(md5(g::text), 20) t from generate_series(1, 2000) g")]);
        var volumes = 0;
        var store = new HookStore(source.Store.Store)
        {
            BeforeWrite = async key =>
            {
                if (!key.Contains("/base.", StringComparison.Ordinal) || ++volumes > 9)
                    return;
                await source.ExecuteAsync(
                    $"drop table t{volumes}", $"create table n{volumes} as select * from t{volumes + 10}", $"truncate t{volumes + 10}", $"vacuum full n{volumes}",
                    $"create index on n{volumes}(g)");
            },
        };
        await source.StartReceiverAsync();
        await source.BackUpAsync(new SetCatalog(store, BackedUpServer.System, source.Keys));
        Assert.True(volumes > 3, $"only {volumes} volumes");
        await source.ExecuteAsync("create table behind as select 1 as one");
        await source.CatchUpAsync();
        await source.StopReceiverAsync();
        const string Tables = "select string_agg(relname || ' ' || (xpath('/row/c/text()', query_to_xml('select count(*) as c from ' || relname, false, true, '')))[1]::text, ', ' order by relname)"
            + " from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace";
        await using var restored = await source.RestoreAsync(RecoveryTarget.Latest);
        Assert.Equal(await source.AskAsync(Tables), await restored.AskAsync(Tables));
        await restored.CheckAsync();
        Tally.Add("clusters: tables dropped, rewritten and made under the backup, a flood of notices", (volumes, "changes"));
    }

    [Fact]
    public async Task When_the_jobs_clock_jumps_back_the_newer_set_is_still_the_newer()
    {
        await using var source = await BackedUpServer.StartAsync();
        await source.ExecuteAsync("create table rows(id int)");
        var first = await source.BackUpAsync(null, BackedUpServer.Options() with { Keep = TimeSpan.Zero });
        await source.ExecuteAsync("insert into rows values (1)");
        var back = new FullBackup(
            source.Catalog, source.Server.Replicator, BackedUpServer.Options() with { Keep = TimeSpan.FromHours(1) }, new ClockSetBack(), SilentProgress.Instance);
        var second = await back.RunAsync(BackedUpServer.Cancellation);
        Assert.True(string.CompareOrdinal(second.Id, first.Id) < 0, "its id does not look older");
        Assert.Equal([first.Id, second.Id], (await source.Catalog.ListAsync(SetKind.Full, BackedUpServer.Cancellation)).Sets.Select(s => s.Id));
        Assert.Equal(second.Id, (await source.PlanAsync(RecoveryTarget.Latest)).Set.Id);

        await new TwiBackup.Retention.Pruner(source.Catalog, TimeSpan.Zero, null, TimeProvider.System).RunAsync(false, BackedUpServer.Cancellation);
        Assert.Equal([second.Id], await source.Catalog.ListIdsAsync(SetKind.Full, BackedUpServer.Cancellation));
        await using var restored = await source.RestoreAsync(RecoveryTarget.Latest);
        Assert.Equal("1", await restored.AskAsync("select count(*) from rows"));
        Tally.Add("clock: set back between two sets", (1, "jumps"));
    }

    /// <summary>Backs up, writes behind the backup, receives, restores to the newest point and compares.</summary>
    private static async Task RoundTripAsync(BackedUpServer source)
    {
        await source.ExecuteAsync("create table load(id int, t text)");
        await source.StartReceiverAsync();
        var set = await source.BackUpAsync();
        await source.ExecuteAsync("insert into load select g, repeat(md5(g::text), 20) from generate_series(1, 5000) g", "insert into load values (-1, 'last')");
        await source.CatchUpAsync();
        await source.StopReceiverAsync();
        var plan = await source.PlanAsync(RecoveryTarget.Latest);
        Assert.Equal(set.Id, plan.Set.Id);
        await using var restored = await source.RestoreAsync(RecoveryTarget.Latest);
        const string Digest = "select count(*) || ' ' || sum(hashtext(t)) || ' ' || min(id) from load";
        Assert.Equal(await source.AskAsync(Digest), await restored.AskAsync(Digest));
        await restored.CheckAsync();
    }

    private static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>Four minutes behind: just less than what is refused.</summary>
    private sealed class ClockSetBack : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddMinutes(-4);
    }
}
