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
        for (var i = middle; i < carriers.Count && i < middle + MostOpened && after is null; i++)
        {
            if (await OpenAsync(carriers[i].Key, cancellationToken) is { } mark)
                (before, after) = mark.Time >= time ? (before, mark) : (mark, null);
        }

        // Also when there is one already: with a server's clock ahead of the store's the marks lie before their objects' times.
        for (var i = middle - 1; i >= 0 && i >= middle - MostOpened; i--)
        {
            if (await OpenAsync(carriers[i].Key, cancellationToken) is not { } mark)
                continue;
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

        foreach (var (_, _, key) in carriers.OrderByDescending(c => c.Begin).ThenByDescending(c => c.Near).Take(MostOpened))
        {
            if (await OpenAsync(key, cancellationToken) is { } mark && mark.Lsn <= limit)
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

    /// <summary>Null also for what nobody trusted has signed: it marks nothing.</summary>
    private async Task<WalMark?> OpenAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            return WalMark.From((await _objects.ReadAsync(key, Stream.Null, 1L << 30, null, cancellationToken)).Fields);
        }
        catch (ObjectRefusedException)
        {
            return null;
        }
    }
}
