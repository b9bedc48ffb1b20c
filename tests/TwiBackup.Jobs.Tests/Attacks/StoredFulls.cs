using TwiBackup.Catalog;

namespace TwiBackup.Tests.Attacks;

/// <summary>What a store shows as fulls.</summary>
internal static class StoredFulls
{
    /// <summary>Everything that looks like a set is one, in every byte.</summary>
    public static async Task CheckAsync(SetCatalog catalog)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var listing = await catalog.ListAsync(SetKind.Full, cancellation);
        Assert.Empty(listing.Refused);
        foreach (var set in listing.Sets)
        {
            foreach (var entry in set.Manifest.Objects)
                await SetObjects.CheckStoredAsync(catalog, set, entry, cancellation);
        }
    }
}
