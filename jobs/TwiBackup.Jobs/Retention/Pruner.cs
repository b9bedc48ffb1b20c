using System.Globalization;
using TwiBackup.Catalog;
using TwiBackup.Stores;
using TwiBackup.Wal;

namespace TwiBackup.Retention;

/// <summary>
/// Finds what may go and lets it go: in S3 by the tag on which the lifecycle rules act, in a file store by deleting. Manifests go first;
/// data follows after a grace, so that a restore that has begun can end.
/// </summary>
public sealed class Pruner(SetCatalog catalog, TimeSpan recoveryWindow, IReadOnlySet<string>? verified, TimeProvider clock)
{
    /// <summary>The tag's key.</summary>
    public const string Tag = "retention";

    /// <summary>The tag's value on manifests, garbage and WAL.</summary>
    public const string Expire = "expire";

    /// <summary>The tag's value on the data of a set whose manifest expires.</summary>
    public const string ExpireData = "expire-data";

    /// <summary>A prefix without a manifest is a running job's until it is this old.</summary>
    public static readonly TimeSpan GarbageAge = TimeSpan.FromHours(48);

    /// <summary>How long the data of an expired set stays behind its manifest.</summary>
    public static readonly TimeSpan DataGrace = TimeSpan.FromDays(3);

    private const string AfterTag = "after";

    private readonly IObjectStore store = catalog.Store;
    private readonly List<string> expiredSets = [];
    private readonly List<string> garbage = [];
    private readonly List<string> kept = [];
    private readonly List<Expiry> going = [];
    private int walObjects;
    private int denied;

    /// <summary>Runs once. With <paramref name="dryRun"/> nothing is changed.</summary>
    public async Task<PruneReport> RunAsync(bool dryRun, CancellationToken cancellationToken)
    {
        var now = await store.ReadClockAsync(cancellationToken);
        if ((clock.GetUtcNow() - now).Duration() > SetWriter.LargestClockSkew)
            throw new TwiBackupException($"This machine's clock is more than five minutes off the clock of {store.Location} ({now:u}). Set the clock (NTP) before anything is expired by it.");

        var chains = await LoadChainsAsync(cancellationToken);
        var newestTimelines = chains
            .GroupBy(c => c.Layout.SystemIdentifier.ToString(CultureInfo.InvariantCulture))
            .ToDictionary(g => g.Key, g => g.Max(c => NewestInUse(c, now - recoveryWindow)));
        IReadOnlyList<BackupSet> fulls = [];
        foreach (var kind in SetKinds.All)
        {
            var listing = await catalog.ListAsync(kind, cancellationToken);
            if (kind == SetKind.Full)
                fulls = listing.Sets;
            kept.AddRange(listing.Refused.Select(r => $"{kind.Name()}/{r.Id} is not used and not removed: {r.Reason}"));
            await CollectSetsAsync(kind, listing, now, newestTimelines, cancellationToken);
        }

        await CollectWalAsync(chains, fulls, now - recoveryWindow, cancellationToken);
        var swept = await ApplyAsync(now, dryRun, cancellationToken);
        return new PruneReport
        {
            Sets = expiredSets,
            Garbage = garbage,
            WalObjects = walObjects,
            Swept = swept,
            Bytes = going.Sum(e => e.Length),
            Kept = kept,
            Denied = denied,
        };
    }

    /// <summary>
    /// A number that a restore claimed and on which nothing was stored for a whole window is nobody's: else a restore that was made beside, or
    /// that did not end, would keep everything for ever.
    /// </summary>
    private static uint NewestInUse(WalChain chain, DateTimeOffset windowStart) => chain.Timelines
        .Where(t => t.Ranges.Count > 0 || t.HistoryStored > windowStart)
        .Select(t => t.Timeline)
        .DefaultIfEmpty()
        .Max();

    private async Task<IReadOnlyList<WalChain>> LoadChainsAsync(CancellationToken cancellationToken)
    {
        var chains = new List<WalChain>();
        await foreach (var folder in store.ListFoldersAsync(WalLayout.ClustersOf(catalog.System), cancellationToken))
        {
            if (WalLayout.TryParseCluster(catalog.System, folder, out var layout))
                chains.Add(await WalChain.LoadAsync(store, layout!, cancellationToken, behindMarkers: true));
        }

        return chains;
    }

    private async Task CollectSetsAsync(
        SetKind kind, CatalogListing listing, DateTimeOffset now, IReadOnlyDictionary<string, uint> newestTimelines, CancellationToken cancellationToken)
    {
        var expired = SetRetention.Expired(listing.Sets, now, recoveryWindow, verified, newestTimelines).Select(s => s.Id).ToHashSet(StringComparer.Ordinal);
        var withManifest = listing.Sets.Select(s => s.Id).Concat(listing.Refused.Select(r => r.Id)).ToHashSet(StringComparer.Ordinal);
        expiredSets.AddRange(expired.Order(StringComparer.Ordinal).Select(id => $"{kind.Name()}/{id}"));

        // One pass over the kind's objects; those of one id come together. What was overwritten or hidden goes with the rest: an old version
        // without a tag would stay for ever.
        var id = "";
        var objects = new List<ObjectVersion>();
        await foreach (var info in store.ListVersionsAsync($"{catalog.System}/{kind.Folder()}", cancellationToken))
        {
            if (info.IsDeleteMarker || !CatalogKeys.TryParse(catalog.System, kind, info.Key, out var at, out _))
                continue;
            if (at != id)
            {
                await CollectAsync();
                id = at;
                objects.Clear();
            }

            objects.Add(info);
        }

        await CollectAsync();

        async Task CollectAsync()
        {
            if (expired.Contains(id))
            {
                going.AddRange(objects.Select(o => Going(o, IsManifest(o.Key))));
            }
            else if (objects.Count > 0 && !withManifest.Contains(id) && objects.Max(o => o.Modified) < now - GarbageAge
                && !await IsWaitingAsync(objects, cancellationToken))
            {
                garbage.Add($"{kind.Name()}/{id}");
                going.AddRange(objects.Select(o => Going(o, isManifest: true)));
            }
        }
    }

    /// <summary>Whether the data of a set without manifest is on its way out already, in its grace.</summary>
    private async Task<bool> IsWaitingAsync(List<ObjectVersion> objects, CancellationToken cancellationToken)
    {
        foreach (var found in objects)
        {
            try
            {
                return (await store.GetTagsAsync(found.Key, VersionOf(found), cancellationToken)).GetValueOrDefault(Tag) == ExpireData;
            }
            catch (Exception e) when (e is ObjectMissingException or ObjectForbiddenException)
            {
                // Gone since it was listed, or somebody else's: the next one tells.
            }
        }

        return false;
    }

    private async Task CollectWalAsync(
        IReadOnlyList<WalChain> chains, IReadOnlyList<BackupSet> fulls, DateTimeOffset windowStart, CancellationToken cancellationToken)
    {
        var newest = fulls.MaxBy(f => f.Id, StringComparer.Ordinal);
        foreach (var chain in chains)
        {
            var layout = chain.Layout;
            var own = fulls.Where(f => IsOf(f, layout)).ToList();
            var isAbandoned = newest is not null && !IsOf(newest, layout)
                && fulls.Any(f => IsOf(newest, f) && f.Manifest.Database!.StopTime <= windowStart);
            var decision = WalRetention.Decide(chain, own, windowStart, isAbandoned);
            var (segment, wholes) = ("", new List<Expiry>());
            await foreach (var info in store.ListVersionsAsync(layout.Root, cancellationToken))
            {
                if (info.IsDeleteMarker || !layout.TryParse(info.Key, out var found) || !decision.MayGo(found!, chain.SegmentSize))
                    continue;
                walObjects++;
                if (found!.Segment != segment)
                    EndSegment();
                segment = found.Segment;
                (found.Kind == WalObjectKind.Segment ? wholes : going).Add(Going(info, isManifest: true));
            }

            EndSegment();

            // Listed before its tails, a whole segment goes behind them: a tail that was left without it by a kill would look like a gap behind it.
            void EndSegment()
            {
                going.AddRange(wholes);
                wholes.Clear();
            }
        }
    }

    private static bool IsOf(BackupSet full, WalLayout layout) =>
        full.Manifest.Database!.SystemIdentifier == layout.SystemIdentifier.ToString(CultureInfo.InvariantCulture)
        && full.Manifest.Database.ServerVersion / 10000 == layout.PgMajor;

    private static bool IsOf(BackupSet a, BackupSet b) => a.Manifest.Database!.SystemIdentifier == b.Manifest.Database!.SystemIdentifier;

    private static bool IsManifest(string key) =>
        key.EndsWith("/" + CatalogKeys.ManifestName, StringComparison.Ordinal) || key.EndsWith("/" + CatalogKeys.SignatureName, StringComparison.Ordinal);

    private async Task<int> ApplyAsync(DateTimeOffset now, bool dryRun, CancellationToken cancellationToken)
    {
        if (store is not FileObjectStore files)
        {
            if (!dryRun)
            {
                await TagAsync(cancellationToken);
            }

            return 0;
        }

        var leases = await files.ActiveLeasesAsync(cancellationToken);
        if (leases.Count > 0)
        {
            kept.Add($"A restore reads the store ({string.Join(", ", leases)}): data and WAL stay until it has ended.");
            going.RemoveAll(e => !IsManifest(e.Key));
        }

        var due = leases.Count > 0 ? [] : await FindDueAsync(now, cancellationToken);
        if (dryRun)
            return due.Count;

        // The tag counts only where no manifest is: set first, so that data is never without both, which would make it garbage.
        var after = (now + DataGrace).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        foreach (var expiry in going.Where(e => !e.IsManifest))
            await store.SetTagsAsync(expiry.Key, null, new Dictionary<string, string> { [Tag] = ExpireData, [AfterTag] = after }, cancellationToken);
        foreach (var expiry in ManifestsFirst().Where(e => e.IsManifest))
            await store.DeleteAsync(expiry.Key, null, cancellationToken);
        foreach (var key in due)
            await store.DeleteAsync(key, null, cancellationToken);
        await files.SweepAsync(cancellationToken);
        return due.Count;
    }

    private async Task TagAsync(CancellationToken cancellationToken)
    {
        ObjectForbiddenException? denial = null;
        foreach (var expiry in ManifestsFirst().ToList())
        {
            try
            {
                await store.SetTagsAsync(
                    expiry.Key, expiry.Version, new Dictionary<string, string> { [Tag] = expiry.IsManifest ? Expire : ExpireData }, cancellationToken);
            }
            catch (ObjectMissingException)
            {
                // Tagged by an earlier run, and the lifecycle was just there.
            }
            catch (ObjectForbiddenException e)
            {
                denial ??= e;
                denied++;
                going.Remove(expiry);
            }
        }

        if (denial is not null)
            kept.Add($"{(denied == 1 ? "One object stays" : $"{denied} objects stay")}: {denial.Message} Where others may be tagged, these were put by somebody else.");
    }

    private static Expiry Going(ObjectVersion found, bool isManifest) => new(found.Key, VersionOf(found), found.Length, isManifest);

    /// <summary>A bucket without versions need not know what a version is.</summary>
    private static string? VersionOf(ObjectVersion found) => found.IsCurrent ? null : found.Version;

    /// <summary>A manifest before its signature before everything else: what is left after a crash is never taken for a set.</summary>
    private IEnumerable<Expiry> ManifestsFirst() =>
        going.OrderBy(e => e.Key.EndsWith(CatalogKeys.ManifestName, StringComparison.Ordinal) ? 0 : e.IsManifest ? 1 : 2);

    /// <summary>Data of expired sets whose grace has passed: they have no manifest any more, and a tag that says when.</summary>
    private async Task<List<string>> FindDueAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var due = new List<string>();
        foreach (var kind in SetKinds.All)
        {
            var withManifest = (await catalog.ListIdsAsync(kind, cancellationToken)).ToHashSet(StringComparer.Ordinal);
            await foreach (var info in store.ListAsync($"{catalog.System}/{kind.Folder()}", null, cancellationToken))
            {
                if (!CatalogKeys.TryParse(catalog.System, kind, info.Key, out var id, out _) || withManifest.Contains(id))
                    continue;
                var tags = await store.GetTagsAsync(info.Key, null, cancellationToken);
                if (tags.GetValueOrDefault(Tag) == ExpireData
                    && long.TryParse(tags.GetValueOrDefault(AfterTag), NumberStyles.None, CultureInfo.InvariantCulture, out var after)
                    && DateTimeOffset.FromUnixTimeSeconds(after) <= now)
                    due.Add(info.Key);
            }
        }

        return due;
    }
}
