using TwiBackup.Postgres;
using TwiBackup.Sealing;
using TwiBackup.Stores;

namespace TwiBackup.Wal;

/// <summary>
/// What WAL of one cluster the store holds, from one listing that is read as a stream: coverage by timeline, tails included, gaps,
/// idle marks and restore points. Everything here comes from names, lengths and the store's times, so a host without the identity can
/// say it; the signatures, and the exact times in the signed marks, are checked by <see cref="WalFetch"/> and <see cref="WalMarks"/>.
/// History files are sealed: <see cref="LoadHistoriesAsync"/> needs the identity.
/// </summary>
public sealed class WalChain
{
    private readonly SortedDictionary<uint, TimelineCoverage> _timelines = [];
    private readonly SortedDictionary<uint, TimelineHistory> _histories = [];
    private readonly Dictionary<uint, ObjectRefusedException> _refused = [];
    private readonly List<string> _points = [];
    private readonly List<uint> _contested = [];
    private readonly List<string> _strangers = [];

    private WalChain(WalLayout layout, int segmentSize) => (Layout, SegmentSize) = (layout, segmentSize);

    public WalLayout Layout { get; }

    /// <summary>wal_segment_size in bytes; 0 when the store holds nothing of this cluster.</summary>
    public int SegmentSize { get; }

    public IReadOnlyCollection<TimelineCoverage> Timelines => _timelines.Values;

    /// <summary>Names of restore points.</summary>
    public IReadOnlyList<string> Points => _points;

    /// <summary>Timelines whose number two servers have claimed with different histories.</summary>
    public IReadOnlyList<uint> Contested => _contested;

    /// <summary>Keys that nothing here has written; the first hundred.</summary>
    public IReadOnlyList<string> Strangers => _strangers;

    /// <summary>The highest timeline with a history or WAL, or 0.</summary>
    public uint NewestTimeline => _timelines.Count == 0 ? 0 : _timelines.Keys.Max();

    /// <summary>Reads the listing once.</summary>
    public static async Task<WalChain> LoadAsync(IObjectStore store, WalLayout layout, CancellationToken cancellationToken)
    {
        // Facts sort behind the digits of a timeline, and segments' names mean nothing without the size.
        var size = await ReadSegmentSizeAsync(store, layout, cancellationToken);
        return await LoadAsync(store.ListAsync(layout.Root, null, cancellationToken), layout, size);
    }

    /// <summary>
    /// As a restore needs it: what delete markers hide is there, and the segments' size is the one that a signed manifest tells.
    /// </summary>
    public static Task<WalChain> LoadForRestoreAsync(IObjectStore store, WalLayout layout, int segmentSize, CancellationToken cancellationToken) =>
        LoadAsync(WalListing.EverythingAsync(store, layout.Root, cancellationToken), layout, segmentSize);

    private static async Task<WalChain> LoadAsync(IAsyncEnumerable<ObjectInfo> listing, WalLayout layout, int segmentSize)
    {
        var chain = new WalChain(layout, segmentSize);
        var copies = new Dictionary<uint, string>();
        await foreach (var info in listing)
        {
            if (!layout.TryParse(info.Key, out var found) || !chain.Add(found!, info, copies))
            {
                if (chain._strangers.Count < 100)
                    chain._strangers.Add(info.Key);
            }
        }

        return chain;
    }

    /// <summary>wal_segment_size as the store's cluster facts name it (the newest, were it ever changed), or 0.</summary>
    public static async Task<int> ReadSegmentSizeAsync(IObjectStore store, WalLayout layout, CancellationToken cancellationToken)
    {
        ObjectInfo? newest = null;
        var size = 0;
        await foreach (var info in store.ListAsync(layout.Root + "cluster-", null, cancellationToken))
        {
            if (layout.TryParse(info.Key, out var facts) && facts!.Kind == WalObjectKind.Cluster && (newest is null || info.Modified > newest.Modified))
                (newest, size) = (info, facts.SegmentSize);
        }

        return size;
    }

    /// <summary>Opens the history files, so that paths across timelines are known. One that does not verify is <see cref="Refused"/>.</summary>
    public async Task LoadHistoriesAsync(SignedObjects objects, CancellationToken cancellationToken)
    {
        foreach (var coverage in _timelines.Values.Where(t => t.HasHistory))
        {
            try
            {
                _histories[coverage.Timeline] = await WalObjects.ReadHistoryAsync(objects, Layout, coverage.Timeline, cancellationToken);
            }
            catch (ObjectRefusedException e)
            {
                _refused[coverage.Timeline] = e;
            }
        }
    }

    /// <summary>Why the history of a timeline is not believed; null: it is, or it was not loaded.</summary>
    public ObjectRefusedException? Refused(uint timeline) => _refused.GetValueOrDefault(timeline);

    /// <summary>The coverage of <paramref name="timeline"/>, or null.</summary>
    public TimelineCoverage? Of(uint timeline) => _timelines.GetValueOrDefault(timeline);

    /// <summary>The path to <paramref name="timeline"/>; only itself when its history was not loaded or is timeline 1.</summary>
    public TimelineHistory PathTo(uint timeline) => _histories.GetValueOrDefault(timeline) ?? TimelineHistory.WithoutParent(timeline);

    /// <summary>
    /// Timelines whose own WAL was being written at <paramref name="time"/>, by the store's times and idle marks. More than one means
    /// that a person has to choose (<c>--timeline</c>).
    /// </summary>
    public IReadOnlyList<uint> BranchesAt(DateTimeOffset time) =>
        [.. _timelines.Values.Where(t => t.Ranges.Count > 0 && t.FirstStored <= time && time <= t.NewestTime).Select(t => t.Timeline)];

    /// <summary>Whether every byte of <c>[from, to)</c> along <paramref name="path"/> is there; WAL ends at the first hole.</summary>
    public WalProof Prove(Lsn from, TimelineHistory path, Lsn to)
    {
        var reached = Reach(from, path, to);
        if (reached >= to)
            return new WalProof(true, to, null, $"WAL from {from} to {to} is whole.");
        var missing = NameAt(reached, path);
        return new WalProof(false, reached, missing, $"WAL segment {missing} is missing from {Layout.Root} at {reached}; what is whole begins at {from}.");
    }

    /// <summary>The end of WAL without a hole from <paramref name="from"/> along <paramref name="path"/>.</summary>
    public Lsn NewestFrom(Lsn from, TimelineHistory path) => Reach(from, path, new Lsn(ulong.MaxValue));

    /// <summary>Every hole between the first and the last byte of each timeline, as one line each.</summary>
    public IEnumerable<string> Gaps()
    {
        foreach (var coverage in _timelines.Values)
        {
            for (var i = 1; i < coverage.Ranges.Count; i++)
            {
                var (hole, behind) = (coverage.Ranges[i - 1].End, coverage.Ranges[i].Start);
                var first = WalSegment.Containing(hole, coverage.Timeline, SegmentSize).Name;
                var last = WalSegment.Containing(new Lsn(behind.Value - 1), coverage.Timeline, SegmentSize).Name;
                yield return first == last ? $"{first} is missing ({hole} to {behind})" : $"{first} to {last} are missing ({hole} to {behind})";
            }
        }
    }

    private Lsn Reach(Lsn from, TimelineHistory path, Lsn to)
    {
        var at = from;
        while (at < to && SegmentSize > 0)
        {
            var best = at;
            foreach (var span in path.Path)
            {
                // A timeline's first segment holds its parent's bytes before the switch as well.
                var begin = new Lsn(span.Begin.Value / (ulong)SegmentSize * (ulong)SegmentSize);
                if (at < begin || at >= span.End || Of(span.Timeline)?.ReachFrom(at) is not { } reach)
                    continue;
                var end = reach < span.End ? reach : span.End;
                best = end > best ? end : best;
            }

            if (best == at)
                break;
            at = best;
        }

        return at < to ? at : to;
    }

    private string NameAt(Lsn lsn, TimelineHistory path) =>
        SegmentSize == 0 ? "(any)" : WalSegment.Containing(lsn, path.TimelineAt(lsn), SegmentSize).Name;

    private bool Add(WalObject found, ObjectInfo info, Dictionary<uint, string> copies)
    {
        switch (found.Kind)
        {
            case WalObjectKind.Point:
                _points.Add(found.Name);
                return true;
            case WalObjectKind.Cluster:
                return true;
            case WalObjectKind.History:
                CoverageOf(found.Timeline).HistoryStored = info.Modified;
                return true;
            case WalObjectKind.HistoryCopy:
                if (!copies.TryAdd(found.Timeline, found.Hash) && !_contested.Contains(found.Timeline))
                    _contested.Add(found.Timeline);
                return true;
            case WalObjectKind.Mark:
                CoverageOf(found.Timeline).AddMark(found.Mark!);
                return true;
            case WalObjectKind.Segment or WalObjectKind.Tail:
                return AddWal(found, info);
            default:
                return true;
        }
    }

    private bool AddWal(WalObject found, ObjectInfo info)
    {
        if (!WalSegment.TryParse(found.Segment, SegmentSize == 0 ? 16 << 20 : SegmentSize, out var segment) || SegmentSize == 0)
            return false;
        if (found.Kind == WalObjectKind.Segment)
            CoverageOf(found.Timeline).AddSegment(found, new LsnRange(segment.Start, segment.End), info.Length, info.Modified);
        else if (found.End <= SegmentSize)
            CoverageOf(found.Timeline).AddTail(
                new LsnRange(segment.Start + (ulong)found.Start, segment.Start + (ulong)found.End), info.Length, info.Modified);
        else
            return false;
        return true;
    }

    private TimelineCoverage CoverageOf(uint timeline)
    {
        if (!_timelines.TryGetValue(timeline, out var coverage))
            _timelines[timeline] = coverage = new TimelineCoverage(timeline);
        return coverage;
    }
}
