using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using TwiBackup.Postgres;
using TwiBackup.Sealing;
using TwiBackup.Stores;

namespace TwiBackup.Catalog;

/// <summary>
/// The sets of one system in a store. A set is what has a manifest with a good signature of a trusted key, found where the
/// manifest says it lies. Delete markers are seen through, and of several versions of a manifest the oldest that verifies is used, since
/// jobs write it once: who holds the writer's rights, or even its signing key, can neither hide a set nor put another in its place.
/// </summary>
public sealed class SetCatalog(IObjectStore store, string system, KeyRing keys)
{
    /// <summary>
    /// Manifests of sets are a few hundred bytes an object; past this one is not ours. Sixteen are read at once.
    /// </summary>
    private const int LargestManifest = 8 << 20;
    private const int LargestSignature = 4096;

    /// <summary>More versions than a set can have honestly; those above cost neither time nor memory.</summary>
    private const int MostManifests = 100;
    private const int MostSignatures = 1000;
    private const int ReadersAtOnce = 16;

    /// <summary>The largest object of S3, and more than any opens to: as many as a manifest can list still add up.</summary>
    private const long LargestObject = 5L << 40;
    private const long LargestPlain = 100L << 40;

    public IObjectStore Store => store;

    public string System => system;

    public KeyRing Keys => keys;

    /// <summary>Ids of all sets that have a manifest, oldest id first; nothing is read or checked.</summary>
    public async Task<IReadOnlyList<string>> ListIdsAsync(SetKind kind, CancellationToken cancellationToken) =>
        [.. (await FindAsync(kind, $"{system}/{kind.Folder()}", cancellationToken)).Keys];

    /// <summary>All sets of a kind, read and checked.</summary>
    public async Task<CatalogListing> ListAsync(SetKind kind, CancellationToken cancellationToken)
    {
        var found = (await FindAsync(kind, $"{system}/{kind.Folder()}", cancellationToken)).ToList();
        var sets = new BackupSet?[found.Count];
        var refused = new RefusedSet?[found.Count];
        UntrustedManifestException? denied = null;
        await Parallel.ForAsync(0, found.Count, new ParallelOptions { MaxDegreeOfParallelism = ReadersAtOnce, CancellationToken = cancellationToken },
            async (i, ct) =>
            {
                var (id, versions) = found[i];
                try
                {
                    sets[i] = await ReadAsync(kind, id, versions, ct);
                }
                catch (UntrustedManifestException e)
                {
                    refused[i] = new RefusedSet(kind, id, e.Message);
                    if (e.IsDenied)
                        denied = e;
                }
                catch (ObjectMissingException)
                {
                    // Deleted between the listing and now: no set.
                }
            });
        if (denied is not null && !sets.Any(set => set is not null))
            throw denied;
        return new CatalogListing(BackupSetOrder.Sort(sets.OfType<BackupSet>()), [.. refused.OfType<RefusedSet>()]);
    }

    /// <summary>
    /// One set. Throws <see cref="ObjectMissingException"/> when it has no manifest, <see cref="UntrustedManifestException"/> when no
    /// version of its manifest is to be believed.
    /// </summary>
    public async Task<BackupSet> ReadAsync(SetKind kind, string id, CancellationToken cancellationToken)
    {
        var prefix = CatalogKeys.SetPrefix(system, kind, id) + CatalogKeys.ManifestName;
        var found = await FindAsync(kind, prefix, cancellationToken);
        return found.TryGetValue(id, out var versions)
            ? await ReadAsync(kind, id, versions, cancellationToken)
            : throw new ObjectMissingException(store.Location, prefix);
    }

    /// <summary>
    /// The first of <paramref name="ids"/> that is a set and can be read; null when none is. What is denied is passed over, too: one set that
    /// somebody else has planted must not keep a system's first backup from beginning.
    /// </summary>
    public async Task<BackupSet?> ReadFirstAsync(SetKind kind, IEnumerable<string> ids, CancellationToken cancellationToken)
    {
        foreach (var id in ids)
        {
            try
            {
                return await ReadAsync(kind, id, cancellationToken);
            }
            catch (Exception e) when (e is UntrustedManifestException or ObjectMissingException)
            {
                // No set, or deleted since it was listed.
            }
        }

        return null;
    }

    /// <summary>What there is of manifests and signatures, by id; only those with a manifest.</summary>
    private async Task<SortedDictionary<string, ManifestVersions>> FindAsync(SetKind kind, string prefix, CancellationToken cancellationToken)
    {
        var found = new SortedDictionary<string, ManifestVersions>(StringComparer.Ordinal);
        await foreach (var version in store.ListVersionsAsync(prefix, cancellationToken))
        {
            if (version.IsDeleteMarker || !CatalogKeys.TryParse(system, kind, version.Key, out var id, out var name)
                || name is not (CatalogKeys.ManifestName or CatalogKeys.SignatureName))
                continue;
            if (!found.TryGetValue(id, out var versions))
                found.Add(id, versions = new ManifestVersions([], []));
            (name == CatalogKeys.ManifestName ? versions.Manifests : versions.Signatures).Add(version);
        }

        foreach (var (id, _) in found.Where(pair => pair.Value.Manifests.Count == 0).ToList())
            found.Remove(id);
        return found;
    }

    private async Task<BackupSet> ReadAsync(SetKind kind, string id, ManifestVersions versions, CancellationToken cancellationToken)
    {
        var prefix = CatalogKeys.SetPrefix(system, kind, id);
        if (versions.Signatures.Count == 0)
            throw new UntrustedManifestException($"{store.Location}/{prefix} has a manifest without a signature; it is not used.");
        UntrustedManifestException? firstFailure = null;
        var signatures = new List<byte[]>();
        // The oldest of both are the job's: with them nothing else is read, however many lie above.
        foreach (var manifest in Enumerable.Reverse(versions.Manifests).Take(MostManifests))
        {
            byte[] bytes;
            try
            {
                bytes = await ReadAsync(manifest, LargestManifest, cancellationToken);
            }
            catch (UntrustedManifestException e)
            {
                firstFailure ??= e;
                continue;
            }

            for (var i = 0; i < versions.Signatures.Count && i < MostSignatures; i++)
            {
                try
                {
                    if (i == signatures.Count)
                    {
                        signatures.Add([]);
                        signatures[i] = await ReadAsync(versions.Signatures[^(i + 1)], LargestSignature, cancellationToken);
                    }

                    return Check(kind, id, bytes, signatures[i]);
                }
                catch (UntrustedManifestException e)
                {
                    firstFailure ??= e;
                }
            }
        }

        throw firstFailure!;
    }

    private async Task<byte[]> ReadAsync(ObjectVersion version, int limit, CancellationToken cancellationToken)
    {
        try
        {
            return await store.ReadUpToAsync(version.Key, limit, version.IsCurrent ? null : version.Version, cancellationToken)
                ?? throw new UntrustedManifestException(
                    $"{store.Location}/{version.Key} is larger than the {limit} bytes that it can have; it is not ours and not used.");
        }
        catch (ObjectForbiddenException e)
        {
            throw new UntrustedManifestException(e.Message, e);
        }
    }

    private BackupSet Check(SetKind kind, string id, byte[] bytes, byte[] signature)
    {
        var prefix = CatalogKeys.SetPrefix(system, kind, id);
        var name = $"{store.Location}/{prefix}{CatalogKeys.ManifestName}";
        try
        {
            var comment = Minisign.Verify(keys.Trusted, bytes, Encoding.UTF8.GetString(signature), name);
            var manifest = CatalogJson.ReadManifest(bytes);
            if (manifest.Format != Manifest.CurrentFormat)
                throw new UntrustedManifestException($"{name} has format \"{manifest.Format}\"; this program reads {Manifest.CurrentFormat}. Use the version that wrote it: {manifest.Tool}.");
            if (manifest.System != system || manifest.Kind != kind.Name() || manifest.Id != id || manifest.Prefix != prefix
                || comment != TrustedComment(manifest))
                throw new UntrustedManifestException($"{name} was signed for {manifest.Prefix}, not for this place: a copied or replayed set is not used.");
            CheckShape(manifest, kind, name);
            return new BackupSet(kind, manifest, Convert.ToHexStringLower(SHA256.HashData(bytes)));
        }
        catch (JsonException e)
        {
            throw new UntrustedManifestException($"{name} can't be read: {e.Message}", e);
        }
        catch (TwiBackupException e) when (e is not UntrustedManifestException)
        {
            throw new UntrustedManifestException(e.Message, e);
        }
    }

    private static void CheckShape(Manifest manifest, SetKind kind, string name)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var sound = manifest.Objects.All(o => o is { Name.Length: > 0, Length: >= 0 and <= LargestObject, PlainLength: >= 0 and <= LargestPlain, Sha256.Length: 64 } && names.Add(o.Name)
                && !o.Name.StartsWith('/') && !o.Name.Split('/').Any(p => p is "" or "." or ".."))
            && (!kind.IsPhysical() || (Lsn.TryParse(manifest.Database?.StartLsn, out var start) && Lsn.TryParse(manifest.Database?.StopLsn, out var stop)
                && start <= stop && manifest.Database!.Timeline > 0));
        if (!sound)
            throw new UntrustedManifestException($"{name} is signed, but says what can't be (an object name, a length or an LSN); it is not used.");
    }

    /// <summary>What the manifest's signature says beside it, so that it fits one place only.</summary>
    internal static string TrustedComment(Manifest manifest) =>
        $"twibackup system={manifest.System} kind={manifest.Kind} id={manifest.Id} prefix={manifest.Prefix} previous={manifest.Previous?.Sha256 ?? "none"}";

    /// <summary>Versions of a set's manifest and of its signature, newest first.</summary>
    private sealed record ManifestVersions(List<ObjectVersion> Manifests, List<ObjectVersion> Signatures);
}
