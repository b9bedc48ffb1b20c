using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using TwiBackup.Postgres;
using TwiBackup.Sealing;
using TwiBackup.Stores;

namespace TwiBackup.Catalog;

/// <summary>
/// The sets of one system in a store. A set is what has a manifest with a good signature of a trusted key, found where the
/// manifest says it lies. Delete markers are seen through and, when the current version of a manifest fails, the newest version
/// that verifies is used: who holds the writer's rights can hide a set, not take it away.
/// </summary>
public sealed class SetCatalog(IObjectStore store, string system, KeyRing keys)
{
    /// <summary>
    /// Manifests of sets are a few hundred bytes an object; past this one is not ours. Sixteen are read at once.
    /// </summary>
    private const int LargestManifest = 8 << 20;
    private const int LargestSignature = 4096;
    private const int ReadersAtOnce = 16;

    /// <summary>The largest object of S3, and more than any opens to: as many as a manifest can list still add up.</summary>
    private const long LargestObject = 5L << 40;
    private const long LargestPlain = 100L << 40;

    public IObjectStore Store => store;

    public string System => system;

    public KeyRing Keys => keys;

    /// <summary>Ids of all sets that have a manifest, oldest id first; nothing is read or checked.</summary>
    public async Task<IReadOnlyList<string>> ListIdsAsync(SetKind kind, CancellationToken cancellationToken)
    {
        var ids = new SortedSet<string>(StringComparer.Ordinal);
        await foreach (var version in store.ListVersionsAsync($"{system}/{kind.Folder()}", cancellationToken))
        {
            if (!version.IsDeleteMarker
                && CatalogKeys.TryParse(system, kind, version.Key, out var id, out var name)
                && name == CatalogKeys.ManifestName)
                ids.Add(id);
        }

        return [.. ids];
    }

    /// <summary>All sets of a kind, read and checked.</summary>
    public async Task<CatalogListing> ListAsync(SetKind kind, CancellationToken cancellationToken)
    {
        var ids = await ListIdsAsync(kind, cancellationToken);
        var sets = new BackupSet?[ids.Count];
        var refused = new RefusedSet?[ids.Count];
        await Parallel.ForAsync(0, ids.Count, new ParallelOptions { MaxDegreeOfParallelism = ReadersAtOnce, CancellationToken = cancellationToken },
            async (i, ct) =>
            {
                try
                {
                    sets[i] = await ReadAsync(kind, ids[i], ct);
                }
                catch (UntrustedManifestException e)
                {
                    refused[i] = new RefusedSet(kind, ids[i], e.Message);
                }
                catch (ObjectMissingException)
                {
                    // Deleted between the listing and now: no set.
                }
            });
        return new CatalogListing(BackupSetOrder.Sort(sets.OfType<BackupSet>()), [.. refused.OfType<RefusedSet>()]);
    }

    /// <summary>
    /// One set. Throws <see cref="ObjectMissingException"/> when it has no manifest, <see cref="UntrustedManifestException"/> when no
    /// version of its manifest is to be believed.
    /// </summary>
    public async Task<BackupSet> ReadAsync(SetKind kind, string id, CancellationToken cancellationToken)
    {
        var prefix = CatalogKeys.SetPrefix(system, kind, id);
        UntrustedManifestException? firstFailure = null;
        try
        {
            return await ReadVersionAsync(kind, id, null, null, cancellationToken);
        }
        catch (UntrustedManifestException e)
        {
            firstFailure = e;
        }
        catch (ObjectMissingException)
        {
            // Perhaps hidden by a delete marker: look behind it.
        }

        var manifests = await VersionsAsync(prefix + CatalogKeys.ManifestName, cancellationToken);
        var signatures = await VersionsAsync(prefix + CatalogKeys.SignatureName, cancellationToken);
        foreach (var manifest in manifests)
        {
            foreach (var signature in signatures)
            {
                try
                {
                    return await ReadVersionAsync(kind, id, manifest, signature, cancellationToken);
                }
                catch (UntrustedManifestException e)
                {
                    firstFailure ??= e;
                }
            }
        }

        throw firstFailure as Exception ?? new ObjectMissingException(store.Location, prefix + CatalogKeys.ManifestName);
    }

    private async Task<List<string>> VersionsAsync(string key, CancellationToken cancellationToken)
    {
        var versions = new List<string>();
        await foreach (var version in store.ListVersionsAsync(key, cancellationToken))
        {
            if (version.Key == key && !version.IsDeleteMarker)
                versions.Add(version.Version);
        }

        return versions;
    }

    private async Task<BackupSet> ReadVersionAsync(
        SetKind kind, string id, string? manifestVersion, string? signatureVersion, CancellationToken cancellationToken)
    {
        var prefix = CatalogKeys.SetPrefix(system, kind, id);
        var bytes = await ReadAsync(prefix + CatalogKeys.ManifestName, LargestManifest, manifestVersion, cancellationToken);
        byte[] signature;
        try
        {
            signature = await ReadAsync(prefix + CatalogKeys.SignatureName, LargestSignature, signatureVersion, cancellationToken);
        }
        catch (ObjectMissingException e)
        {
            throw new UntrustedManifestException($"{store.Location}/{prefix} has a manifest without a signature; it is not used.", e);
        }

        return Check(kind, id, bytes, signature);
    }

    private async Task<byte[]> ReadAsync(string key, int limit, string? version, CancellationToken cancellationToken) =>
        await store.ReadUpToAsync(key, limit, version, cancellationToken)
        ?? throw new UntrustedManifestException($"{store.Location}/{key} is larger than the {limit} bytes that it can have; it is not ours and not used.");

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
}
