using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Sealing;
using TwiBackup.Tests.Catalog;
using TwiBackup.Tests.Database;
using TwiBackup.Tests.Postgres;
using TwiBackup.Verification;

namespace TwiBackup.Tests.Verification;

/// <summary>A set is proven by restoring it, or it is not proven.</summary>
public sealed class Decision31_A_full_is_proven_by_what_it_answers(Decision31_A_full_is_proven_by_what_it_answers.Shared shared) : IClassFixture<Decision31_A_full_is_proven_by_what_it_answers.Shared>
{
    private BackedUpServer Source => shared.Source;

    [Fact]
    public async Task A_good_set_is_proven_and_nothing_but_the_record_is_written()
    {
        var before = Source.Photograph();
        var record = await VerifyAsync(Options() with { Heartbeat = ("public.heartbeats", "at") });
        Assert.True(record.Proven, Failures(record));
        Assert.False(record.Failed);
        Assert.Equal(shared.Set.Id, record.SetId);
        Assert.Equal(
            ["manifest signature", "wal chain", "pg_verifybackup", "objects and replay", "pg_amcheck --heapallindexed", "full dump", "heartbeat", "page checksums"],
            record.Checks.Select(c => c.Name));
        Assert.All(record.Checks, c => Assert.NotEmpty(c.Detail));
        Assert.True(record.RestoreSeconds > 0);
        Assert.True(Lsn.Parse(record.ReachedLsn!) >= shared.Set.StopLsn);
        Assert.Equal(before, Source.Photograph());

        var verifier = SigningKey.Generate();
        var log = new VerificationLog(Source.Store.Store, BackedUpServer.System, [verifier.Public]);
        await log.WriteAsync(record, verifier, BackedUpServer.Cancellation);
        Assert.Equal(["twi/verification/" + record.Id + ".json", "twi/verification/" + record.Id + ".json.minisig"], Source.Photograph().Keys.Except(before.Keys));
        var listed = Assert.Single(await log.ListAsync(BackedUpServer.Cancellation), r => r.Id == record.Id);
        Assert.True(listed.Proven);
        Assert.Equal(record.Checks, listed.Checks);
    }

    [Fact]
    public async Task A_heartbeat_that_stopped_before_the_set_is_a_failed_check()
    {
        var record = await VerifyAsync(Options() with { Heartbeat = ("public.old_heartbeats", "at") });
        Assert.False(record.Proven);
        Assert.Equal("heartbeat", Assert.Single(record.Checks, c => !c.Passed).Name);
        var missing = await VerifyAsync(Options() with { Heartbeat = ("public.no_such_table", "at") });
        Assert.Contains("no_such_table", Assert.Single(missing.Checks, c => !c.Passed).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_random_point_is_the_same_with_the_same_seed()
    {
        var first = await VerifyAsync(Options() with { RandomPoint = true, Seed = 11 });
        var again = await VerifyAsync(Options() with { RandomPoint = true, Seed = 11 });
        Assert.True(first.Proven, Failures(first));
        Assert.StartsWith("LSN ", first.Target, StringComparison.Ordinal);
        Assert.Equal((first.SetId, first.Target, first.ReachedLsn), (again.SetId, again.Target, again.ReachedLsn));
    }

    [Fact]
    public async Task Without_an_identity_nothing_is_verified_and_structure_alone_proves_nothing()
    {
        var blind = new SetCatalog(Source.Store.Store, BackedUpServer.System, Source.Keys with { Identities = [] });
        var refused = await Assert.ThrowsAsync<TwiBackupException>(() => VerifyAsync(Options(), blind));
        Assert.Equal(ExitCode.WrongUse, refused.ExitCode);
        Assert.Contains("--structure", refused.Message, StringComparison.Ordinal);

        var record = await new StructureVerifier(blind, TimeProvider.System, SilentProgress.Instance).RunAsync(SetKind.Full, null, BackedUpServer.Cancellation);
        Assert.False(record.Proven);
        Assert.False(record.Failed);
        Assert.Null(record.ReachedLsn);
        Assert.Contains("not proven", record.Target, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_flipped_byte_fails_with_the_objects_name_and_is_recorded()
    {
        await using var source = await StartAsync();
        var set = await source.BackUpAsync();
        var volume = set.Manifest.Objects.First(o => o.Name.StartsWith("base.0001", StringComparison.Ordinal));
        var path = Path.Combine(source.Store.Root, set.Key(volume));
        var bytes = await File.ReadAllBytesAsync(path, BackedUpServer.Cancellation);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(path, bytes, BackedUpServer.Cancellation);

        var record = await VerifyAsync(Options(), source.Catalog);
        Assert.True(record.Failed);
        Assert.Contains(set.Key(volume), Assert.Single(record.Checks, c => !c.Passed).Detail, StringComparison.Ordinal);
        var structure = await new StructureVerifier(source.Catalog, TimeProvider.System, SilentProgress.Instance).RunAsync(SetKind.Full, null, BackedUpServer.Cancellation);
        Assert.True(structure.Failed);
        Assert.Contains(set.Key(volume), Assert.Single(structure.Checks, c => !c.Passed).Detail, StringComparison.Ordinal);

        var verifier = SigningKey.Generate();
        var log = new VerificationLog(source.Store.Store, BackedUpServer.System, [verifier.Public]);
        await log.WriteAsync(record, verifier, BackedUpServer.Cancellation);
        Assert.False(Assert.Single(await log.ListAsync(BackedUpServer.Cancellation)).Proven);
        Assert.Empty(Directory.GetFileSystemEntries(shared.Scratch));
    }

    [Fact]
    public async Task Wal_that_is_missing_fails_with_the_segments_name()
    {
        await using var source = await StartAsync();
        await source.StartReceiverAsync();
        await source.BackUpAsync();
        for (var id = 1; id <= 4; id++)
            await source.ExecuteAsync($"insert into heartbeats values (clock_timestamp())", "select pg_switch_wal()");
        var missing = await source.AskAsync("select pg_walfile_name(pg_current_wal_lsn() - 2 * 1024 * 1024)");
        await source.CatchUpAsync();
        await source.StopReceiverAsync();
        Assert.True(source.LoseSegment(missing) > 0);

        var record = await VerifyAsync(Options(), source.Catalog);
        Assert.True(record.Failed);
        Assert.False(record.Proven);
        var failed = Assert.Single(record.Checks, c => !c.Passed);
        Assert.Equal("wal chain", failed.Name);
        Assert.Contains(missing, failed.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_corrupted_in_the_source_is_found_by_amcheck_where_there_are_no_checksums()
    {
        await using var source = await StartAsync(new InitOptions { WalSegmentSizeMb = 1, Checksums = false });
        await source.CorruptAsync("heartbeats");
        await source.BackUpAsync();
        var record = await VerifyAsync(Options(), source.Catalog);
        Assert.True(record.Failed);
        Assert.False(record.Checks.Single(c => c.Name.StartsWith("pg_amcheck", StringComparison.Ordinal)).Passed);
        Assert.True(record.Checks.Single(c => c.Name == "pg_verifybackup").Passed);
    }

    [Fact]
    public async Task A_page_corrupted_in_the_source_stops_the_backup_where_there_are_checksums()
    {
        await using var source = await StartAsync();
        await source.CorruptAsync("heartbeats");
        var refused = await Assert.ThrowsAnyAsync<TwiBackupException>(() => source.BackUpAsync());
        Assert.Contains("checksum", refused.Message, StringComparison.Ordinal);
        Assert.Empty(await source.Catalog.ListIdsAsync(SetKind.Full, BackedUpServer.Cancellation));
    }

    [Fact]
    public async Task A_newer_set_that_is_refused_is_not_passed_over_in_silence()
    {
        await using var source = await StartAsync();
        var good = await source.BackUpAsync();
        var forged = SampleSets.Manifest(SetKind.Full, SampleSets.Id(DateTimeOffset.UtcNow.AddHours(1)), DateTimeOffset.MaxValue, system: BackedUpServer.System);
        await SampleSets.PlantAsync(source.Store.Store, source.Keys with { Signer = SigningKey.Generate() }, SetKind.Full, forged);
        var record = await VerifyAsync(Options(), source.Catalog);
        Assert.Equal(good.Id, record.SetId);
        Assert.False(record.Proven);
        Assert.Contains(forged.Id, Assert.Single(record.Checks, c => !c.Passed).Detail, StringComparison.Ordinal);
    }

    private DatabaseVerifyOptions Options() => new() { ScratchFolder = shared.Scratch };

    private Task<VerificationRecord> VerifyAsync(DatabaseVerifyOptions options, SetCatalog? catalog = null) =>
        new DatabaseVerifier(
            catalog ?? Source.Catalog, TestEnvironment.Installation, TestEnvironment.Account, options, TimeProvider.System, SilentProgress.Instance)
            .RunAsync(BackedUpServer.Cancellation);

    private static string Failures(VerificationRecord record) => string.Join(" | ", record.Checks.Where(c => !c.Passed));

    private static async Task<BackedUpServer> StartAsync(InitOptions? init = null)
    {
        var source = await BackedUpServer.StartAsync(init ?? new InitOptions { WalSegmentSizeMb = 1 });
        await source.ExecuteAsync(
            "create table heartbeats(at timestamptz primary key)", "insert into heartbeats values (clock_timestamp())",
            "create table old_heartbeats as select now() - interval '1 day' as at", "checkpoint");
        return source;
    }

    /// <summary>One good set with WAL behind it, and a folder for scratch servers.</summary>
    public sealed class Shared : IAsyncLifetime
    {
        public BackedUpServer Source { get; private set; } = null!;

        public BackupSet Set { get; private set; } = null!;

        public string Scratch { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Source = await StartAsync();
            Scratch = Path.Combine(Source.Folder, "scratch");
            Directory.CreateDirectory(Scratch);
            await Source.StartReceiverAsync();
            await Source.ExecuteAsync("insert into heartbeats values (clock_timestamp())");
            Set = await Source.BackUpAsync();
            for (var i = 0; i < 3; i++)
                await Source.ExecuteAsync("insert into heartbeats values (clock_timestamp())", "select pg_switch_wal()");
            await Source.CatchUpAsync();
            await Source.StopReceiverAsync();
        }

        public ValueTask DisposeAsync() => Source.DisposeAsync();
    }
}
