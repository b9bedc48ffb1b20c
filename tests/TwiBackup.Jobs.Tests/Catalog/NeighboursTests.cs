using TwiBackup.Catalog;
using TwiBackup.Retention;
using TwiBackup.Sealing;
using TwiBackup.Status;
using TwiBackup.Tests.Scheduling;
using TwiBackup.Tests.Stores;
using TwiBackup.Verification;

namespace TwiBackup.Tests.Catalog;

/// <summary>Systems whose names begin alike, in one store: the guide's globs take one's backups for the other's (fault 13).</summary>
public sealed class NeighboursTests : IAsyncDisposable
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    private readonly TestStore store = TestStores.NewFileStore();
    private readonly KeyRing keys = SampleSets.NewKeys();

    private static CancellationToken Cancellation => SampleSets.Cancellation;

    public ValueTask DisposeAsync() => store.DisposeAsync();

    [Fact]
    public async Task A_system_whose_name_begins_alike_is_another_one()
    {
        var own = await PlantAsync("twi", -2, 30);
        var neighbours = new List<BackupSet>();
        foreach (var system in (string[])["twi-test", "twi-bot", "twi2", "tw"])
            neighbours.Add(await PlantAsync(system, -1, 30));

        var listing = await Catalog("twi").ListAsync(SetKind.Full, Cancellation);
        Assert.Equal([own.Id], listing.Sets.Select(set => set.Id));
        Assert.Empty(listing.Refused);
        Assert.Equal(own.Id, listing.Newest(Now)!.Id);
        foreach (var neighbour in neighbours)
            Assert.Equal([neighbour.Id], (await Catalog(neighbour.Manifest.System).ListAsync(SetKind.Full, Cancellation)).Sets.Select(set => set.Id));

        var reader = new StatusReader(
            TestPolicy.Parse(), Catalog("twi"), null, new VerificationLog(store.Store, "twi", []), TimeProvider.System);
        Assert.Equal(own.Id, (await reader.ReadAsync(Cancellation)).Components.Single(component => component.Name == "full").Id);
    }

    [Fact]
    public async Task Retention_lets_nothing_of_a_neighbour_go()
    {
        var gone = await PlantAsync("twi", -40, -10);
        await PlantAsync("twi", -9, 20);
        var neighbours = new List<BackupSet> { await PlantAsync("twi-test", -40, -10), await PlantAsync("twi-test", -39, -9) };
        var report = await new Pruner(Catalog("twi"), TimeSpan.FromDays(7), null, TimeProvider.System).RunAsync(dryRun: false, Cancellation);
        Assert.Equal([$"full/{gone.Id}"], report.Sets);
        foreach (var neighbour in neighbours)
        {
            foreach (var name in (string[])["a", CatalogKeys.ManifestName, CatalogKeys.SignatureName])
            {
                Assert.True(File.Exists(Path.Combine(store.Root, neighbour.Manifest.Prefix, name)));
                Assert.Empty(await store.Store.GetTagsAsync(neighbour.Manifest.Prefix + name, null, Cancellation));
            }
        }
    }

    [Fact]
    public async Task The_newest_and_what_may_go_are_told_by_what_is_signed_and_not_by_the_files_times()
    {
        // Copied, touched or restored from a tape: each file as old as can be, or new.
        var expired = await PlantAsync("twi", -40, -10);
        var older = await PlantAsync("twi", -20, 10);
        var newest = await PlantAsync("twi", -9, 20);
        Touch(expired, Now);
        Touch(older, Now.AddMinutes(1));
        Touch(newest, Now.AddYears(-5));
        Assert.Equal(newest.Id, (await Catalog("twi").ListAsync(SetKind.Full, Cancellation)).Newest(Now)!.Id);
        var report = await new Pruner(Catalog("twi"), TimeSpan.FromDays(7), null, TimeProvider.System).RunAsync(dryRun: false, Cancellation);
        Assert.Equal([$"full/{expired.Id}"], report.Sets);
        Assert.Equal([older.Id, newest.Id], (await Catalog("twi").ListAsync(SetKind.Full, Cancellation)).Sets.Select(set => set.Id));
    }

    private SetCatalog Catalog(string system) => new(store.Store, system, keys);

    private async Task<BackupSet> PlantAsync(string system, int day, int keepUntilDay)
    {
        var at = Now.AddDays(day);
        var lsn = (ulong)(1000 + day) << 24;
        return await SampleSets.PlantAsync(
            store.Store, keys, SetKind.Full,
            SampleSets.Manifest(SetKind.Full, SampleSets.Id(at), Now.AddDays(keepUntilDay), SampleSets.Facts(1, lsn, lsn + 0x100, at), system) with { StartedAt = at, CompletedAt = at },
            "a");
    }

    private void Touch(BackupSet set, DateTimeOffset time)
    {
        foreach (var file in Directory.GetFiles(Path.Combine(store.Root, set.Manifest.Prefix)))
            File.SetLastWriteTimeUtc(file, time.UtcDateTime);
    }
}
