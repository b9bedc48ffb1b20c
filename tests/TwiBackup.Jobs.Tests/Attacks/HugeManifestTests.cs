using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Progress;
using TwiBackup.Stores;
using TwiBackup.Tests.Catalog;
using TwiBackup.Tests.Postgres;
using TwiBackup.Tests.Stores;

namespace TwiBackup.Tests.Attacks;

/// <summary>A signed manifest that claims more bytes than there can be: nothing is made of that size, and one line says no.</summary>
public sealed class HugeManifestTests
{
    [Theory]
    [InlineData(long.MaxValue, long.MaxValue)]
    [InlineData(100, long.MaxValue)]
    [InlineData(long.MaxValue, 10)]
    public async Task Lengths_up_to_2_to_63_are_refused_before_anything_is_written(long stored, long opened)
    {
        await using var store = TestStores.NewFileStore();
        var keys = SampleSets.NewKeys();
        var id = SampleSets.Id(SampleSets.Epoch);
        var manifest = SampleSets.Manifest(SetKind.Full, id, DateTimeOffset.UtcNow.AddDays(30)) with
        {
            Objects = [.. Enumerable.Range(0, 3).Select(i => new ManifestObject($"base.000{i}.tar.zst.age", stored, new string('0', 64), opened))],
        };
        var (bytes, signature) = SampleSets.Sign(keys.Signer!, manifest);
        await store.Store.PutBytesAsync(manifest.Prefix + CatalogKeys.SignatureName, signature, PutCondition.IfAbsent, SampleSets.Cancellation);
        await store.Store.PutBytesAsync(manifest.Prefix + CatalogKeys.ManifestName, bytes, PutCondition.IfAbsent, SampleSets.Cancellation);
        foreach (var entry in manifest.Objects)
            await store.Store.PutBytesAsync(manifest.Prefix + entry.Name, new byte[100], PutCondition.IfAbsent, SampleSets.Cancellation);

        var catalog = new SetCatalog(store.Store, SampleSets.System, keys);
        var listing = await catalog.ListAsync(SetKind.Full, SampleSets.Cancellation);
        if (listing.Sets is [var set])
        {
            Assert.True(set.Manifest.StoredBytes >= 0 && set.Manifest.PlainBytes >= 0);
            var plan = await new RestorePlanner(catalog, TimeProvider.System).PlanAsync(RecoveryTarget.Latest, null, SampleSets.Cancellation);
            var folder = TestEnvironment.Account.CreatePrivateDirectory("twi-huge-");
            try
            {
                var directory = Path.Combine(folder, "data");
                var restore = new DatabaseRestore(
                    catalog, TestEnvironment.Installation, TestEnvironment.Account, new RestoreOptions { DataDirectory = directory, Scratch = true }, SilentProgress.Instance);
                await Assert.ThrowsAsync<TwiBackupException>(() => restore.RunAsync(plan, SampleSets.Cancellation));
                Assert.False(File.Exists(Path.Combine(directory, "global/pg_control")));
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }
        else
        {
            Assert.Contains(id, Assert.Single(listing.Refused).Id, StringComparison.Ordinal);
        }
    }
}
