using TwiBackup.Catalog;
using TwiBackup.Sealing;
using TwiBackup.Tests.Stores;
using static TwiBackup.Tests.Catalog.SampleSets;

namespace TwiBackup.Tests.Catalog;

/// <summary>What is not what was written is refused with its name, with the identity and without.</summary>
public sealed class SetObjectsTests : IAsyncDisposable
{
    private readonly TestStore store = TestStores.NewFileStore();
    private readonly KeyRing keys = NewKeys();

    public ValueTask DisposeAsync() => store.DisposeAsync();

    [Theory]
    [InlineData("missing", "is missing")]
    [InlineData("truncated", "is not what its manifest lists")]
    [InlineData("empty", "is not what its manifest lists")]
    [InlineData("flipped in its first byte", "is not what its manifest lists")]
    [InlineData("flipped in its middle", "is not what its manifest lists")]
    [InlineData("flipped in its last byte", "is not what its manifest lists")]
    [InlineData("longer", "is not what its manifest lists")]
    [InlineData("swapped with another of the set", "is not what its manifest lists")]
    [InlineData("sealed anew with the same content", "is not what its manifest lists")]
    public async Task A_damaged_object_is_refused_with_its_name(string damage, string said)
    {
        var catalog = new SetCatalog(store.Store, SampleSets.System, keys);
        var content = new byte[100_000];
        Random.Shared.NextBytes(content);
        var set = await WriteAsync(catalog, SetKind.Logs, ("a", content), ("b", content));
        var again = await WriteAsync(catalog, SetKind.Logs, ("a", content));
        var path = Path.Combine(store.Root, set.Manifest.Prefix, "a");
        var bytes = await File.ReadAllBytesAsync(path, Cancellation);
        if (damage == "missing")
            File.Delete(path);
        else
            await File.WriteAllBytesAsync(path, Damage(damage, bytes, Path.Combine(store.Root, set.Manifest.Prefix, "b"), Path.Combine(store.Root, again.Manifest.Prefix, "a")), Cancellation);

        var opened = await Assert.ThrowsAsync<TwiBackupException>(() => ReadAsync(catalog, set, "a"));
        Assert.Contains(set.Manifest.Prefix + "a " + said, opened.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', opened.Message);
        var read = await Assert.ThrowsAsync<TwiBackupException>(() => SetObjects.CheckStoredAsync(catalog, set, set.Manifest.Objects[0], Cancellation));
        Assert.Contains(set.Manifest.Prefix + "a " + said, read.Message, StringComparison.Ordinal);
        // Its neighbour is good.
        Assert.Equal(content, await ReadAsync(catalog, set, "b"));
    }

    [Fact]
    public async Task Another_identity_opens_nothing()
    {
        var set = await WriteAsync(new SetCatalog(store.Store, SampleSets.System, keys), SetKind.Logs, ("a", [1, 2, 3]));
        var stranger = new SetCatalog(store.Store, SampleSets.System, keys with { Identities = [AgeIdentity.Generate()] });
        var refused = await Assert.ThrowsAnyAsync<TwiBackupException>(() => ReadAsync(stranger, set, "a"));
        Assert.Contains(set.Manifest.Prefix + "a", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    private static byte[] Damage(string how, byte[] bytes, string neighbour, string other)
    {
        switch (how)
        {
            case "truncated":
                return bytes[..^1];
            case "empty":
                return [];
            case "longer":
                return [.. bytes, 0];
            case "swapped with another of the set":
                return File.ReadAllBytes(neighbour);
            case "sealed anew with the same content":
                return File.ReadAllBytes(other);
            default:
                var at = how.EndsWith("first byte", StringComparison.Ordinal) ? 0 : how.EndsWith("last byte", StringComparison.Ordinal) ? bytes.Length - 1 : bytes.Length / 2;
                bytes[at] ^= 1;
                return bytes;
        }
    }
}
