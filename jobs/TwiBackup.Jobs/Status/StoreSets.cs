using System.Collections.Concurrent;
using TwiBackup.Catalog;
using TwiBackup.Stores;

namespace TwiBackup.Status;

/// <summary>The sets of a catalog, looked at again and again: a manifest never changes, so each is read and checked once.</summary>
internal sealed class StoreSets(SetCatalog catalog)
{
    private const int ReadersAtOnce = 8;

    private readonly ConcurrentDictionary<(SetKind Kind, string Id), BackupSet> known = [];

    /// <summary>All sets of a kind that are there now.</summary>
    public async Task<CatalogListing> ListAsync(SetKind kind, CancellationToken cancellationToken)
    {
        var ids = (await catalog.ListIdsAsync(kind, cancellationToken)).ToHashSet(StringComparer.Ordinal);
        foreach (var gone in known.Keys.Where(k => k.Kind == kind && !ids.Contains(k.Id)))
            known.TryRemove(gone, out _);
        var refused = new ConcurrentBag<RefusedSet>();
        UntrustedManifestException? denied = null;
        await Parallel.ForEachAsync(
            ids.Where(id => !known.ContainsKey((kind, id))),
            new ParallelOptions { MaxDegreeOfParallelism = ReadersAtOnce, CancellationToken = cancellationToken },
            async (id, ct) =>
            {
                try
                {
                    known[(kind, id)] = await catalog.ReadAsync(kind, id, ct);
                }
                catch (UntrustedManifestException e)
                {
                    refused.Add(new RefusedSet(kind, id, e.Message));
                    if (e.IsDenied)
                        denied = e;
                }
                catch (ObjectMissingException)
                {
                    // Deleted between the listing and now: no set.
                }
            });
        if (denied is not null && !known.Keys.Any(k => k.Kind == kind))
            throw denied;
        return new CatalogListing(
            BackupSetOrder.Sort(known.Where(k => k.Key.Kind == kind).Select(k => k.Value)),
            [.. refused.OrderBy(r => r.Id, StringComparer.Ordinal)]);
    }
}
