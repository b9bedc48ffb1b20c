using System.Runtime.CompilerServices;
using TwiBackup.Postgres;
using TwiBackup.Sealing;
using TwiBackup.Stores;

namespace TwiBackup.Wal;

/// <summary>
/// Signed marks around an instant, for who holds the identity. Names and the store's times lead to the right objects; the times that
/// count are the signed ones inside. Marks are what makes "restore to T" possible when nothing was committed after T, and what says
/// how new an idle system's store is.
/// </summary>
public sealed class WalMarks(IObjectStore store, KeyRing keys, WalLayout layout)
{
    /// <summary>Objects are opened from the time asked for outwards; uploads are late, so a few lie on the wrong side.</summary>
    private const int MostOpened = 64;

    /// <summary>What somebody may plant around an instant without hiding the good ones.</summary>
    private const int MostRefused = 1000;

    private readonly SignedObjects _objects = new(store, keys);

    /// <summary>
    /// The newest signed mark of <paramref name="timeline"/> at or before <paramref name="time"/>, and the oldest at or after it. When both
    /// have the same LSN, nothing was written between them, and that LSN is the state of every instant between.
    /// </summary>
    public async Task<(WalMark? Before, WalMark? After)> AroundAsync(uint timeline, DateTimeOffset time, CancellationToken cancellationToken)
    {
        var carriers = await CarriersAsync(timeline, cancellationToken);
        var middle = carriers.FindIndex(c => c.Near >= time);
        if (middle < 0)
            middle = carriers.Count;
        WalMark? before = null, after = null;
        await foreach (var mark in OpenAsync(carriers.Skip(middle).Select(c => c.Key), cancellationToken))
        {
            (before, after) = mark.Time >= time ? (before, mark) : (mark, null);
            if (after is not null)
                break;
        }

        // Also when there is one already: with a server's clock ahead of the store's the marks lie before their objects' times.
        await foreach (var mark in OpenAsync(carriers.Take(middle).Reverse().Select(c => c.Key), cancellationToken))
        {
            if (mark.Time < time)
            {
                before = before is null || mark.Time > before.Time ? mark : before;
                break;
            }

            after = after is null || mark.Time < after.Time ? mark : after;
        }

        return (before, after);
    }

    /// <summary>The newest signed mark of <paramref name="timeline"/>, or null.</summary>
    public async Task<WalMark?> NewestAsync(uint timeline, CancellationToken cancellationToken) =>
        (await AroundAsync(timeline, DateTimeOffset.MaxValue, cancellationToken)).Before;

    /// <summary>
    /// The newest signed mark of <paramref name="timeline"/> that lies at or before <paramref name="limit"/>, e.g. before a hole; null when none does.
    /// </summary>
    public async Task<WalMark?> NewestUpToAsync(uint timeline, Lsn limit, int segmentSize, CancellationToken cancellationToken)
    {
        var carriers = new List<(Lsn Begin, DateTimeOffset Near, string Key)>();
        await foreach (var info in WalListing.EverythingAsync(store, layout.TimelineFolder(timeline), cancellationToken))
        {
            if (!layout.TryParse(info.Key, out var found) || found!.Kind is not (WalObjectKind.Segment or WalObjectKind.Tail or WalObjectKind.Mark))
                continue;
            var begin = found.Mark?.Lsn
                ?? (WalSegment.TryParse(found.Segment, segmentSize, out var segment) ? segment.Start + (ulong)found.Start : new Lsn(ulong.MaxValue));
            if (begin <= limit)
                carriers.Add((begin, found.Mark?.Time ?? info.Modified, info.Key));
        }

        var keys = carriers.OrderByDescending(c => c.Begin).ThenByDescending(c => c.Near).Select(c => c.Key);
        await foreach (var mark in OpenAsync(keys, cancellationToken))
        {
            if (mark.Lsn <= limit)
                return mark;
        }

        return null;
    }

    /// <summary>What carries a mark, by the time its name says (an idle mark's is exact) or the store's time of it.</summary>
    private async Task<List<(DateTimeOffset Near, string Key)>> CarriersAsync(uint timeline, CancellationToken cancellationToken)
    {
        var carriers = new List<(DateTimeOffset Near, string Key)>();
        await foreach (var info in WalListing.EverythingAsync(store, layout.TimelineFolder(timeline), cancellationToken))
        {
            if (layout.TryParse(info.Key, out var found) && found!.Kind is WalObjectKind.Segment or WalObjectKind.Tail or WalObjectKind.Mark)
                carriers.Add((found.Mark?.Time ?? info.Modified, info.Key));
        }

        carriers.Sort();
        return carriers;
    }

    /// <summary>The marks that objects carry, in their order. What is not to be believed is passed over: it must not stop a restore.</summary>
    private async IAsyncEnumerable<WalMark> OpenAsync(IEnumerable<string> keys, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (opened, refused) = (0, 0);
        foreach (var key in keys)
        {
            WalMark? mark = null;
            try
            {
                mark = WalMark.From((await _objects.ReadAsync(key, Stream.Null, 1L << 30, null, cancellationToken)).Fields);
                opened++;
            }
            catch (ObjectRefusedException)
            {
                refused++;
            }

            if (mark is not null)
                yield return mark;
            if (opened >= MostOpened || refused >= MostRefused)
                yield break;
        }
    }
}
