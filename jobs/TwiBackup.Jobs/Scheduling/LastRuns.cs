using TwiBackup.Catalog;
using TwiBackup.Stores;
using TwiBackup.Verification;
using TwiBackup.Wal;

namespace TwiBackup.Scheduling;

/// <summary>
/// When each job last left something in the store, from what is signed there: a host that is made anew knows as much. A set that says it
/// came from the future, which a writer may plant, holds up nothing.
/// </summary>
internal static class LastRuns
{
    private const string PointPrefix = "twibackup-";

    /// <summary>By the kinds of <see cref="ScheduledJobs"/>; a kind is absent when nothing is known of it.</summary>
    public static async Task<IReadOnlyDictionary<string, DateTimeOffset>> ReadAsync(
        SetCatalog catalog, VerificationLog verifications, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var runs = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        foreach (var kind in SetKinds.All)
        {
            if (await NewestAsync(catalog, kind, now, cancellationToken) is { } at)
                runs[kind.Name()] = at;
        }

        foreach (var record in await verifications.ListAsync(cancellationToken))
            Take($"verification {record.Kind}", record.StartedAt);
        var rehearsals = CatalogKeys.Rehearsals(catalog.System);
        await foreach (var info in catalog.Store.ListAsync(rehearsals, null, cancellationToken))
        {
            if (SetId.TryParse(Path.GetFileNameWithoutExtension(info.Key[rehearsals.Length..]), out var at))
                Take("rehearsal", at);
        }

        await foreach (var at in PointsAsync(catalog, cancellationToken))
            Take(ScheduledJobs.Incremental, at);
        return runs;

        void Take(string kind, DateTimeOffset at)
        {
            if (at <= now && (!runs.TryGetValue(kind, out var known) || at > known))
                runs[kind] = at;
        }
    }

    /// <summary>What is no set was no run.</summary>
    private static async Task<DateTimeOffset?> NewestAsync(SetCatalog catalog, SetKind kind, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var ids = (await catalog.ListIdsAsync(kind, cancellationToken)).Reverse().Where(id => SetId.TryParse(id, out var at) && at <= now);
        return (await catalog.ReadFirstAsync(kind, ids, cancellationToken))?.Manifest.StartedAt;
    }

    private static async IAsyncEnumerable<DateTimeOffset> PointsAsync(
        SetCatalog catalog, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var folder in catalog.Store.ListFoldersAsync(WalLayout.ClustersOf(catalog.System), cancellationToken))
        {
            if (!WalLayout.TryParseCluster(catalog.System, folder.TrimEnd('/').Split('/')[^1], out var layout))
                continue;
            await foreach (var info in catalog.Store.ListAsync(layout!.Point(PointPrefix)[..^".zst.age".Length], null, cancellationToken))
            {
                if (layout.TryParse(info.Key, out var found) && SetId.TryParse(found!.Name[PointPrefix.Length..], out var at))
                    yield return at;
            }
        }
    }
}
