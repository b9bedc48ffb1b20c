using Amazon.S3;
using TwiBackup.Catalog;
using TwiBackup.Sealing;
using TwiBackup.Stores;
using TwiBackup.Tests.Attacks.Retention;
using TwiBackup.Tests.Database;
using TwiBackup.Tests.Stores;
using static TwiBackup.Tests.Catalog.SampleSets;

namespace TwiBackup.Tests.Catalog;

/// <summary>On a versioned bucket whoever may write can hide a set, not take it away (decision 26).</summary>
public sealed class Decision26_Old_versions_are_seen_through
{
    [Theory]
    [InlineData(CatalogKeys.ManifestName, false)]
    [InlineData(CatalogKeys.ManifestName, true)]
    [InlineData(CatalogKeys.SignatureName, false)]
    [InlineData(CatalogKeys.SignatureName, true)]
    [InlineData("a", false)]
    [InlineData("a", true)]
    public async Task What_was_overwritten_or_deleted_is_seen_through(string name, bool delete)
    {
        await using var store = await TestStores.NewS3StoreAsync();
        var catalog = new SetCatalog(store.Store, SampleSets.System, NewKeys());
        var set = await WriteAsync(catalog, SetKind.Logs, ("a", "good"u8.ToArray()), ("b", "other"u8.ToArray()));
        var key = set.Manifest.Prefix + name;
        if (delete)
            await store.Store.DeleteAsync(key, null, Cancellation);
        else
            await store.Store.PutBytesAsync(key, new byte[(await store.Store.HeadAsync(key, Cancellation))!.Length], PutCondition.Replace, Cancellation);

        var listing = await catalog.ListAsync(SetKind.Logs, Cancellation);
        Assert.Empty(listing.Refused);
        var read = Assert.Single(listing.Sets);
        Assert.Equal(set.ManifestSha256, read.ManifestSha256);
        var warnings = new Warnings();
        Assert.Equal("good"u8.ToArray(), await ReadAsync(catalog, read, "a", warnings));
        if (name == "a")
            Assert.Contains("is good and was used", Assert.Single(warnings.Lines), StringComparison.Ordinal);
        else
            Assert.Empty(warnings.Lines);
    }

    [Fact]
    public async Task All_of_a_set_behind_delete_markers_is_still_there()
    {
        await using var store = await TestStores.NewS3StoreAsync();
        var catalog = new SetCatalog(store.Store, SampleSets.System, NewKeys());
        var set = await WriteAsync(catalog, SetKind.Logs, ("a", "good"u8.ToArray()));
        foreach (var name in (string[])["a", CatalogKeys.SignatureName, CatalogKeys.ManifestName])
            await store.Store.DeleteAsync(set.Manifest.Prefix + name, null, Cancellation);
        Assert.Equal([set.Id], await catalog.ListIdsAsync(SetKind.Logs, Cancellation));
        var read = Assert.Single((await catalog.ListAsync(SetKind.Logs, Cancellation)).Sets);
        Assert.Equal("good"u8.ToArray(), await ReadAsync(catalog, read, "a"));
    }

    [Fact]
    public async Task A_set_that_was_forged_over_is_the_one_that_was_signed()
    {
        await using var store = await TestStores.NewS3StoreAsync();
        var keys = NewKeys();
        var catalog = new SetCatalog(store.Store, SampleSets.System, keys);
        var set = await WriteAsync(catalog, SetKind.Logs, ("a", "good"u8.ToArray()));
        var (bytes, signature) = Sign(SigningKey.Generate(), set.Manifest with { Objects = [] });
        await store.Store.PutBytesAsync(set.Manifest.Prefix + CatalogKeys.SignatureName, signature, PutCondition.Replace, Cancellation);
        await store.Store.PutBytesAsync(set.Manifest.Prefix + CatalogKeys.ManifestName, bytes, PutCondition.Replace, Cancellation);
        Assert.Equal(set.ManifestSha256, (await catalog.ReadAsync(SetKind.Logs, set.Id, Cancellation)).ManifestSha256);
    }

    [Fact]
    public async Task A_manifest_that_the_hosts_own_key_has_signed_over_another_does_not_take_its_place()
    {
        await using var store = await TestStores.NewS3StoreAsync();
        var keys = NewKeys();
        var catalog = new SetCatalog(store.Store, SampleSets.System, keys);
        var set = await WriteAsync(catalog, SetKind.Logs, ("a", "good"u8.ToArray()));
        var (bytes, signature) = Sign(keys.Signer!, set.Manifest with { Objects = [], KeepUntil = set.Manifest.KeepUntil.AddYears(-1) });
        await store.Store.PutBytesAsync(set.Manifest.Prefix + CatalogKeys.SignatureName, signature, PutCondition.Replace, Cancellation);
        await store.Store.PutBytesAsync(set.Manifest.Prefix + CatalogKeys.ManifestName, bytes, PutCondition.Replace, Cancellation);
        Assert.Equal(set.ManifestSha256, (await catalog.ReadAsync(SetKind.Logs, set.Id, Cancellation)).ManifestSha256);
        Assert.Equal(set.ManifestSha256, Assert.Single((await catalog.ListAsync(SetKind.Logs, Cancellation)).Sets).ManifestSha256);
    }

    [Fact]
    public async Task A_flood_of_versions_costs_a_few_requests()
    {
        const int Flood = 300;
        await using var store = await TestStores.NewS3StoreAsync();
        var keys = NewKeys();
        var set = await WriteAsync(new SetCatalog(store.Store, SampleSets.System, keys), SetKind.Logs, ("a", "good"u8.ToArray()));
        foreach (var name in (string[])["a", CatalogKeys.SignatureName, CatalogKeys.ManifestName])
        {
            var length = (int)(await store.Store.HeadAsync(set.Manifest.Prefix + name, Cancellation))!.Length;
            for (var i = 0; i < Flood; i++)
                await store.Store.PutBytesAsync(set.Manifest.Prefix + name, new byte[length], PutCondition.Replace, Cancellation);
        }

        var reads = 0;
        var counted = new SetCatalog(
            new HookStore(store.Store)
            {
                BeforeRead = _ =>
                {
                    Interlocked.Increment(ref reads);
                    return Task.CompletedTask;
                },
            },
            SampleSets.System, keys);
        var read = Assert.Single((await counted.ListAsync(SetKind.Logs, Cancellation)).Sets);
        Assert.Equal("good"u8.ToArray(), await ReadAsync(counted, read, "a"));
        Assert.InRange(reads, 4, 6);
    }

    [Fact]
    public async Task An_object_that_somebody_else_owns_is_passed_over_and_a_permission_that_is_missing_is_said()
    {
        await using var store = await TestStores.NewS3StoreAsync();
        using var attacker = await BucketAttacker.EnterAsync(await S3TestServer.GetAsync(), store.Bucket, "some/prefix/", new Random(1));
        var catalog = new SetCatalog(store.Store, SampleSets.System, NewKeys());
        var forged = CatalogKeys.SetPrefix(SampleSets.System, SetKind.Logs, Id(Epoch));
        foreach (var name in (string[])[CatalogKeys.SignatureName, CatalogKeys.ManifestName])
            await attacker.PutAsync($"some/prefix/{forged}{name}", [1], S3CannedACL.Private);
        // Nothing else is there: whether it is a set can't be told.
        Assert.True((await Assert.ThrowsAsync<UntrustedManifestException>(() => catalog.ListAsync(SetKind.Logs, Cancellation))).IsDenied);
        Assert.Null(await catalog.ReadFirstAsync(SetKind.Logs, [Id(Epoch)], Cancellation));

        var set = await WriteAsync(catalog, SetKind.Logs, ("a", "good"u8.ToArray()));
        foreach (var name in (string[])["a", CatalogKeys.SignatureName, CatalogKeys.ManifestName])
            await attacker.PutAsync($"some/prefix/{set.Manifest.Prefix}{name}", new byte[100], S3CannedACL.Private);
        var listing = await catalog.ListAsync(SetKind.Logs, Cancellation);
        Assert.Equal(Id(Epoch), Assert.Single(listing.Refused).Id);
        Assert.Equal("good"u8.ToArray(), await ReadAsync(catalog, Assert.Single(listing.Sets), "a"));
        Assert.Equal(set.Id, (await catalog.ReadFirstAsync(SetKind.Logs, [Id(Epoch), set.Id], Cancellation))?.Id);
    }
}
