using System.Security.Cryptography;
using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Retention;
using TwiBackup.Sealing;
using TwiBackup.Stores;
using TwiBackup.Tests.Database;
using TwiBackup.Tests.Stores;
using TwiBackup.Wal;
using static TwiBackup.Tests.Catalog.SampleSets;

namespace TwiBackup.Tests.Retention;

/// <summary>Letting go in a file store, and tagging in S3.</summary>
public sealed class PrunerTests : IAsyncDisposable
{
    private static readonly TimeSpan Window = TimeSpan.FromDays(7);
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    private readonly TestStore store = TestStores.NewFileStore();
    private readonly KeyRing keys = NewKeys();
    private readonly SetCatalog catalog;

    public PrunerTests() => catalog = new SetCatalog(store.Store, SampleSetsSystem, keys);

    private static string SampleSetsSystem => TwiBackup.Tests.Catalog.SampleSets.System;

    public ValueTask DisposeAsync() => store.DisposeAsync();

    [Fact]
    public async Task A_dry_run_says_the_same_and_changes_nothing()
    {
        var expired = await PlantLogsAsync(-40, -10);
        await PlantLogsAsync(-1, 30);
        var before = Photograph();
        var dry = await PruneAsync(dryRun: true);
        Assert.Equal(before, Photograph());
        Assert.Equal([$"logs/{expired.Id}"], dry.Sets);
        Assert.True(dry.Bytes > 200);
        var real = await PruneAsync();
        Assert.Equal(dry.Sets, real.Sets);
        Assert.Equal(dry.Bytes, real.Bytes);
    }

    [Fact]
    public async Task An_expired_set_loses_its_manifest_at_once_and_its_data_after_a_grace()
    {
        var expired = await PlantLogsAsync(-40, -10);
        var kept = await PlantLogsAsync(-1, 30);
        await PruneAsync();
        Assert.Equal([kept.Id], (await catalog.ListAsync(SetKind.Logs, Cancellation)).Sets.Select(s => s.Id));
        Assert.False(File.Exists(PathOf(expired, CatalogKeys.ManifestName)));
        Assert.False(File.Exists(PathOf(expired, CatalogKeys.SignatureName)));
        Assert.True(File.Exists(PathOf(expired, "a")));

        // Within the grace it stays, however old it is.
        File.SetLastWriteTimeUtc(PathOf(expired, "a"), Now.UtcDateTime.AddDays(-40));
        Assert.Equal(0, (await PruneAsync()).Swept);
        Assert.True(File.Exists(PathOf(expired, "a")));

        var tags = new Dictionary<string, string>(await store.Store.GetTagsAsync(expired.Manifest.Prefix + "a", null, Cancellation));
        Assert.Equal(Pruner.ExpireData, tags[Pruner.Tag]);
        Assert.InRange(long.Parse(tags["after"]), Now.AddDays(2.9).ToUnixTimeSeconds(), Now.AddDays(3.1).ToUnixTimeSeconds());
        tags["after"] = "1000";
        await store.Store.SetTagsAsync(expired.Manifest.Prefix + "a", null, tags, Cancellation);
        Assert.Equal(1, (await PruneAsync()).Swept);
        Assert.False(File.Exists(PathOf(expired, "a")));
        Assert.True(File.Exists(PathOf(kept, "a")));
    }

    [Fact]
    public async Task What_a_running_restore_reads_stays()
    {
        var expired = await PlantLogsAsync(-40, -10);
        await PlantLogsAsync(-1, 30);
        using (await ((FileObjectStore)store.Store).LeaseAsync("restore", Cancellation))
        {
            var report = await PruneAsync();
            Assert.Contains(report.Kept, line => line.Contains("restore", StringComparison.Ordinal));
            Assert.True(File.Exists(PathOf(expired, "a")));
        }

        // Its data has no manifest and no tag now: it goes as garbage, or by the next prune's grace, but it goes.
        File.SetLastWriteTimeUtc(PathOf(expired, "a"), Now.UtcDateTime.AddHours(-49));
        await PruneAsync();
        Assert.False(File.Exists(PathOf(expired, "a")));
    }

    [Fact]
    public async Task What_a_killed_job_left_goes_after_two_days()
    {
        var young = Id(Now.AddHours(-47));
        var old = Id(Now.AddHours(-49));
        foreach (var (id, hours) in ((string, int)[])[(young, -47), (old, -49)])
        {
            var key = CatalogKeys.SetPrefix(SampleSetsSystem, SetKind.Full, id) + "base.0000.tar.zst.age";
            var path = Path.Combine(store.Root, key);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, new byte[10]);
            File.SetLastWriteTimeUtc(path, Now.UtcDateTime.AddHours(hours));
        }

        var report = await PruneAsync();
        Assert.Equal([$"full/{old}"], report.Garbage);
        Assert.False(Directory.Exists(Path.Combine(store.Root, CatalogKeys.SetPrefix(SampleSetsSystem, SetKind.Full, old))));
        Assert.True(Directory.Exists(Path.Combine(store.Root, CatalogKeys.SetPrefix(SampleSetsSystem, SetKind.Full, young))));
    }

    [Fact]
    public async Task When_the_jobs_stopped_for_a_year_the_last_backup_of_each_kind_is_still_there()
    {
        var logs = await PlantLogsAsync(-400, -370);
        var older = await PlantFullAsync(-402, -372, 0x1000000);
        var full = await PlantFullAsync(-401, -371, 0x2000000);
        await PlantWalAsync(0x1000000, 0x3000000);
        Assert.Equal(16, (await PruneAsync()).WalObjects);
        Assert.Equal([logs.Id], await catalog.ListIdsAsync(SetKind.Logs, Cancellation));
        Assert.Equal([full.Id], await catalog.ListIdsAsync(SetKind.Full, Cancellation));
        Assert.False(File.Exists(PathOf(older, CatalogKeys.ManifestName)));
        // The WAL behind it is whole, the WAL before it gone.
        var chain = await WalChain.LoadAsync(store.Store, Layout, Cancellation);
        Assert.Equal(full.StartLsn, Assert.Single(Assert.Single(chain.Timelines).Ranges).Start);
        Assert.Equal(new Lsn(0x3000000), chain.Timelines.Single().Ranges[0].End);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(8, 2)]
    public async Task A_timeline_that_a_restore_claimed_and_nobody_wrote_on_keeps_everything_for_a_window_and_not_for_ever(int daysAgo, int gone)
    {
        for (var day = 0; day < 3; day++)
            await PlantFullAsync(-60 + day, -30, (ulong)(day + 1) << 24);
        var wal = new WalObjects(store.Store, keys, Layout, _ => { });
        await wal.PutClusterFactsAsync(1 << 20, Cancellation);
        await wal.PutHistoryAsync(2, "1\t0/2000100\tbeside\n"u8.ToArray(), Cancellation);
        foreach (var history in Directory.GetFiles(store.Root, "00000002.history*", SearchOption.AllDirectories))
            File.SetLastWriteTimeUtc(history, Now.UtcDateTime.AddDays(-daysAgo));
        Assert.Equal(gone, (await PruneAsync()).Sets.Count);
    }

    [Fact]
    public async Task A_refused_set_is_neither_counted_nor_removed()
    {
        var good = await PlantLogsAsync(-40, -10);
        var forged = Manifest(SetKind.Logs, Id(Now.AddDays(-1)), Now.AddDays(30));
        await PlantAsync(store.Store, keys with { Signer = SigningKey.Generate() }, SetKind.Logs, forged, "a");
        var report = await PruneAsync();
        Assert.Empty(report.Sets);
        Assert.Contains(report.Kept, line => line.Contains(forged.Id, StringComparison.Ordinal));
        Assert.Equal([good.Id], (await catalog.ListAsync(SetKind.Logs, Cancellation)).Sets.Select(s => s.Id));
        Assert.True(File.Exists(Path.Combine(store.Root, forged.Prefix, "a")));
    }

    [Fact]
    public async Task A_clock_that_is_off_expires_nothing()
    {
        await PlantLogsAsync(-40, -10);
        await PlantLogsAsync(-1, 30);
        var before = Photograph();
        var pruner = new Pruner(catalog, Window, null, new WrongClock());
        Assert.Contains("NTP", (await Assert.ThrowsAsync<TwiBackupException>(() => pruner.RunAsync(false, Cancellation))).Message, StringComparison.Ordinal);
        Assert.Equal(before, Photograph());
    }

    [Fact]
    public async Task In_S3_nothing_is_deleted_and_what_expires_is_tagged()
    {
        await using var s3 = await TestStores.NewS3StoreAsync();
        var expired = await PlantAsync(s3.Store, keys, SetKind.Logs, Manifest(SetKind.Logs, Id(Now.AddDays(-40)), Now.AddDays(-10)), "a");
        var kept = await PlantAsync(s3.Store, keys, SetKind.Logs, Manifest(SetKind.Logs, Id(Now.AddDays(-1)), Now.AddDays(30)), "a");
        var there = new SetCatalog(s3.Store, SampleSetsSystem, keys);
        await new Pruner(there, Window, null, TimeProvider.System).RunAsync(dryRun: true, Cancellation);
        Assert.Empty(await s3.Store.GetTagsAsync(expired.Manifest.Prefix + "a", null, Cancellation));

        var report = await new Pruner(there, Window, null, TimeProvider.System).RunAsync(dryRun: false, Cancellation);
        Assert.Equal([$"logs/{expired.Id}"], report.Sets);
        foreach (var (name, tag) in ((string, string)[])[("a", Pruner.ExpireData), (CatalogKeys.ManifestName, Pruner.Expire), (CatalogKeys.SignatureName, Pruner.Expire)])
            Assert.Equal(tag, (await s3.Store.GetTagsAsync(expired.Manifest.Prefix + name, null, Cancellation))[Pruner.Tag]);
        foreach (var name in (string[])["a", CatalogKeys.ManifestName, CatalogKeys.SignatureName])
            Assert.Empty(await s3.Store.GetTagsAsync(kept.Manifest.Prefix + name, null, Cancellation));
        Assert.Equal(2, (await there.ListIdsAsync(SetKind.Logs, Cancellation)).Count);
    }

    [Fact]
    public async Task In_S3_what_was_overwritten_or_hidden_is_tagged_with_the_rest()
    {
        await using var s3 = await TestStores.NewS3StoreAsync();
        var expired = await PlantAsync(s3.Store, keys, SetKind.Logs, Manifest(SetKind.Logs, Id(Now.AddDays(-40)), Now.AddDays(-10)), "a", "b");
        var kept = await PlantAsync(s3.Store, keys, SetKind.Logs, Manifest(SetKind.Logs, Id(Now.AddDays(-1)), Now.AddDays(30)), "a", "b");
        foreach (var set in (BackupSet[])[expired, kept])
        {
            foreach (var name in (string[])["a", CatalogKeys.SignatureName])
                await s3.Store.PutBytesAsync(set.Manifest.Prefix + name, new byte[10], PutCondition.Replace, Cancellation);
            foreach (var name in (string[])["b", CatalogKeys.ManifestName])
                await s3.Store.DeleteAsync(set.Manifest.Prefix + name, null, Cancellation);
        }

        var report = await new Pruner(new SetCatalog(s3.Store, SampleSetsSystem, keys), Window, null, TimeProvider.System).RunAsync(dryRun: false, Cancellation);
        Assert.Equal([$"logs/{expired.Id}"], report.Sets);
        var versions = 0;
        await foreach (var version in s3.Store.ListVersionsAsync("", Cancellation))
        {
            if (version.IsDeleteMarker)
                continue;
            var tag = (await s3.Store.GetTagsAsync(version.Key, version.Version, Cancellation)).GetValueOrDefault(Pruner.Tag);
            var isData = version.Key.EndsWith("/a", StringComparison.Ordinal) || version.Key.EndsWith("/b", StringComparison.Ordinal);
            Assert.Equal(version.Key.Contains(kept.Id, StringComparison.Ordinal) ? null : isData ? Pruner.ExpireData : Pruner.Expire, tag);
            versions++;
        }

        Assert.Equal(12, versions);
    }

    [Fact]
    public async Task A_segments_tails_go_before_it_so_that_what_a_kill_leaves_is_no_gap()
    {
        await PlantFullAsync(-402, -372, 0x1000000);
        await PlantFullAsync(-401, -371, 0x2000000);
        await PlantWalAsync(0x1000000, 0x3000000);
        var wal = new WalObjects(store.Store, keys, Layout, _ => { });
        var segments = Enumerable.Range(0, 3).Select(i => WalSegment.Containing(new Lsn(0x1000000 + ((ulong)i << 20)), 1, 1 << 20).Name).ToList();
        foreach (var segment in segments)
        {
            var first = await wal.PutTailAsync(segment, 0, new byte[1000], null, null, Cancellation);
            await wal.PutTailAsync(segment, 1000, new byte[1000], null, first, Cancellation);
        }

        List<string> tagged = [];
        var there = new SetCatalog(new HookStore(store.Store) { OnTag = tagged.Add }, SampleSetsSystem, keys);
        await new Pruner(there, Window, null, TimeProvider.System).RunAsync(dryRun: false, Cancellation);
        var order = tagged.Where(key => segments.Exists(s => key.Contains(s, StringComparison.Ordinal)))
            .Select(key => (segments.FindIndex(s => key.Contains(s, StringComparison.Ordinal)), key.Contains("/00000000-", StringComparison.Ordinal) ? 0 : key.Contains("/000003E8-", StringComparison.Ordinal) ? 1 : 2));
        Assert.Equal([(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2)], order);
    }

    private static WalLayout Layout => new(SampleSetsSystem, 15, 7000000000000000001);

    private Task<PruneReport> PruneAsync(bool dryRun = false) => new Pruner(catalog, Window, null, TimeProvider.System).RunAsync(dryRun, Cancellation);

    private Task<BackupSet> PlantLogsAsync(int day, int keepUntilDay) =>
        PlantAsync(store.Store, keys, SetKind.Logs, Manifest(SetKind.Logs, Id(Now.AddDays(day)), Now.AddDays(keepUntilDay)), "a");

    private Task<BackupSet> PlantFullAsync(int day, int keepUntilDay, ulong start) => PlantAsync(
        store.Store, keys, SetKind.Full,
        Manifest(SetKind.Full, Id(Now.AddDays(day)), Now.AddDays(keepUntilDay), Facts(1, start, start + 0x100, Now.AddDays(day))), "base.0000.tar.zst.age");

    private async Task PlantWalAsync(ulong from, ulong to)
    {
        var wal = new WalObjects(store.Store, keys, Layout, _ => { });
        await wal.PutClusterFactsAsync(1 << 20, Cancellation);
        for (var at = from; at < to; at += 1 << 20)
            await wal.PutSegmentAsync(WalSegment.Containing(new Lsn(at), 1, 1 << 20).Name, new byte[1 << 20], null, Cancellation);
    }

    private string PathOf(BackupSet set, string name) => Path.Combine(store.Root, set.Manifest.Prefix, name);

    private SortedDictionary<string, string> Photograph()
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(store.Root, "*", SearchOption.AllDirectories))
            files[file] = Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)));
        return files;
    }

    /// <summary>An hour fast.</summary>
    private sealed class WrongClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddHours(1);
    }
}
