using System.Runtime.CompilerServices;
using TwiBackup.Postgres;
using TwiBackup.Stores;

namespace TwiBackup.Wal;

/// <summary>
/// What the store holds below a prefix, delete markers and overwritten names seen through.
/// </summary>
internal sealed class WalListing(IObjectStore store, WalLayout layout)
{
    /// <summary>All objects about one file, in ordinal order; keys that nothing here has written are left out.</summary>
    public async Task<List<WalObject>> FindAsync(string prefix, CancellationToken cancellationToken)
    {
        // Hidden ones beside others, too: tails without their hidden segment, or without the first of them, would look like its end.
        var found = new List<WalObject>();
        await foreach (var info in EverythingAsync(store, prefix, cancellationToken))
            Take(info.Key, found);
        return found;
    }

    /// <summary>
    /// Everything below a prefix in ordinal order, also what a delete marker hides: each key once, with the newest version's length and time.
    /// </summary>
    public static async IAsyncEnumerable<ObjectInfo> EverythingAsync(
        IObjectStore store, string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? last = null;
        await foreach (var version in store.ListVersionsAsync(prefix, cancellationToken))
        {
            if (version.IsDeleteMarker || version.Key == last)
                continue;
            last = version.Key;
            yield return new ObjectInfo(version.Key, version.Length, version.Modified);
        }
    }

    /// <summary>
    /// The first current object below <paramref name="folder"/> that <paramref name="wanted"/> takes, behind <paramref name="after"/> in
    /// order.
    /// </summary>
    public async Task<WalObject?> FirstAsync(string folder, string? after, Func<WalObject, bool> wanted, CancellationToken cancellationToken)
    {
        await foreach (var info in store.ListAsync(folder, after, cancellationToken))
        {
            if (layout.TryParse(info.Key, out var parsed) && wanted(parsed!))
                return parsed;
        }

        return null;
    }

    /// <summary>
    /// The first segment or tail from <paramref name="first"/> on that <paramref name="wanted"/> takes. Of what delete markers hide, only
    /// the same and the next 4 GiB of WAL are looked at: whoever hid what follows hid that too.
    /// </summary>
    public async Task<WalObject?> FirstWalAsync(WalSegment first, Func<WalObject, bool> wanted, CancellationToken cancellationToken)
    {
        var after = layout.SegmentPrefix(first.Name);
        bool Fits(WalObject o) => o.Kind is WalObjectKind.Segment or WalObjectKind.Tail && wanted(o);
        if (await FirstAsync(layout.TimelineFolder(first.Timeline), after, Fits, cancellationToken) is { } current)
            return current;
        var nextLog = first with { Number = first.Number + 0x1_0000_0000UL / (ulong)first.Size };
        foreach (var prefix in (string[])[after[..^8], layout.SegmentPrefix(nextLog.Name)[..^8]])
        {
            await foreach (var version in store.ListVersionsAsync(prefix, cancellationToken))
            {
                if (!version.IsDeleteMarker && string.CompareOrdinal(version.Key, after) > 0
                    && layout.TryParse(version.Key, out var parsed) && Fits(parsed!))
                    return parsed;
            }
        }

        return null;
    }

    private void Take(string key, List<WalObject> found)
    {
        if (layout.TryParse(key, out var parsed))
            found.Add(parsed!);
    }
}
