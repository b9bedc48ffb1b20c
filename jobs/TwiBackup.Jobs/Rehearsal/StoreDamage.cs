using TwiBackup.Catalog;
using TwiBackup.Progress;
using TwiBackup.Rehearsal.Bot;
using TwiBackup.Stores;

namespace TwiBackup.Rehearsal;

/// <summary>Damages stored objects as disks, networks and people do. Which object, and where, is chosen by chance.</summary>
internal sealed class StoreDamage(int seed)
{
    /// <summary>What can be done to an object.</summary>
    public static readonly IReadOnlyList<StoreDamageKind> Kinds = Enum.GetValues<StoreDamageKind>();

    private SplitMix random = new((ulong)seed);

    /// <summary>
    /// Damages one data object of a set for good: where the store keeps versions none of them stays. Returns what was done, for people.
    /// </summary>
    /// <exception cref="TwiBackupException">The store does not let go of what it has.</exception>
    public async Task<string> DoAsync(IObjectStore store, BackupSet set, StoreDamageKind kind, CancellationToken cancellationToken)
    {
        var data = set.Manifest.Objects.Where(o => o.Name.StartsWith("base.", StringComparison.Ordinal)).ToList();
        var entry = data[random.Below(data.Count)];
        var key = set.Key(entry);
        var at = (long)(random.Fraction() * entry.Length);
        var bad = kind == StoreDamageKind.Gone ? null : await SpoilAsync(store, key, kind, at, cancellationToken);
        var versions = new List<ObjectVersion>();
        await foreach (var version in store.ListVersionsAsync(key, cancellationToken))
        {
            if (version.Key == key)
                versions.Add(version);
        }

        foreach (var version in versions)
            await store.DeleteAsync(key, version.Version, cancellationToken);
        if (bad is not null)
        {
            await using var spoiled = bad;
            await using var upload = await store.CreateAsync(key, PutCondition.IfAbsent, cancellationToken);
            await spoiled.CopyToAsync(upload, cancellationToken);
            await upload.CommitAsync(cancellationToken);
        }

        return kind switch
        {
            StoreDamageKind.Flipped => $"a bit of {entry.Name} of full/{set.Id} is flipped at byte {at}",
            StoreDamageKind.Truncated => $"{entry.Name} of full/{set.Id} is cut off at {Sizes.Text(at)} of {Sizes.Text(entry.Length)}",
            _ => $"{entry.Name} of full/{set.Id} is gone",
        };
    }

    /// <summary>A file, gone when closed, with the object's bytes as they will be.</summary>
    private static async Task<FileStream> SpoilAsync(IObjectStore store, string key, StoreDamageKind kind, long at, CancellationToken cancellationToken)
    {
        var copy = new FileStream(Path.GetTempFileName(), new FileStreamOptions
        {
            Mode = FileMode.Create, Access = FileAccess.ReadWrite, Options = FileOptions.DeleteOnClose,
        });
        await using (var source = await store.OpenReadAsync(key, null, null, cancellationToken))
            await source.CopyToAsync(copy, cancellationToken);
        if (kind == StoreDamageKind.Truncated)
        {
            copy.SetLength(at);
        }
        else
        {
            copy.Position = at;
            var flipped = copy.ReadByte() ^ 0x10;
            copy.Position = at;
            copy.WriteByte((byte)flipped);
        }

        copy.Position = 0;
        return copy;
    }
}
