using TwiBackup.Catalog;
using TwiBackup.Rehearsal;
using TwiBackup.Stores;
using TwiBackup.Tests.Catalog;
using TwiBackup.Tests.Stores;

namespace TwiBackup.Tests.Rehearsal;

/// <summary>The damage is real: no version of what was there stays.</summary>
public sealed class StoreDamageTests
{
    private const string Name = "base.0000.tar.zst.age";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(nameof(StoreDamageKind.Flipped), false)]
    [InlineData(nameof(StoreDamageKind.Truncated), false)]
    [InlineData(nameof(StoreDamageKind.Gone), false)]
    [InlineData(nameof(StoreDamageKind.Flipped), true)]
    [InlineData(nameof(StoreDamageKind.Gone), true)]
    public async Task A_data_object_is_damaged_for_good(string what, bool versioned)
    {
        var kind = Enum.Parse<StoreDamageKind>(what);
        await using var store = versioned ? await TestStores.NewS3StoreAsync() : TestStores.NewFileStore();
        var set = await SampleSets.WriteAsync(
            new SetCatalog(store.Store, SampleSets.System, SampleSets.NewKeys()), SetKind.Logs, (Name, new byte[5000]), ("other", new byte[10]));
        var key = set.Manifest.Prefix + Name;
        var before = await store.Store.ReadBytesAsync(key, 1 << 20, Cancellation);
        var said = await new StoreDamage(seed: 3).DoAsync(store.Store, set, kind, Cancellation);
        Assert.Contains(Name, said, StringComparison.Ordinal);

        var versions = new List<ObjectVersion>();
        await foreach (var version in store.Store.ListVersionsAsync(key, Cancellation))
            versions.Add(version);
        if (kind == StoreDamageKind.Gone)
        {
            Assert.Empty(versions);
            return;
        }

        Assert.Single(versions);
        var after = await store.Store.ReadBytesAsync(key, 1 << 20, Cancellation);
        if (kind == StoreDamageKind.Truncated)
        {
            Assert.True(after.Length < before.Length);
            Assert.Equal(before[..after.Length], after);
            return;
        }

        Assert.Equal(before.Length, after.Length);
        Assert.Equal(1, before.Zip(after).Sum(pair => int.PopCount(pair.First ^ pair.Second)));
    }
}
