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
    private readonly List<string> _points = [];
    private readonly List<uint> _contested = [];
    private readonly Dictionary<uint, List<string>> _copies = [];
    private readonly List<string> _passedOver = [];
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

    /// <summary>Timelines that nothing vouches for, one line each; known once the histories are loaded.</summary>
    public IReadOnlyList<string> PassedOver => _passedOver;

    /// <summary>Keys that nothing here has written; the first hundred.</summary>
    public IReadOnlyList<string> Strangers => _strangers;

    /// <summary>The highest timeline with a history or WAL, or 0.</summary>
    public uint NewestTimeline => _timelines.Count == 0 ? 0 : _timelines.Keys.Max();

    /// <summary>Reads the listing once.</summary>
    /// <param name="store">Where the WAL lies.</param>
    /// <param name="layout">The cluster's part of it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="behindMarkers">
    /// Whether what delete markers hide is there: for a restore, which reads it; not for whoever asks how the store stands.
    /// </param>
    /// <param name="segmentSize">wal_segment_size where a signed manifest tells it; 0: the store's cluster facts do.</param>
    public static async Task<WalChain> LoadAsync(IObjectStore store, WalLayout layout, CancellationToken cancellationToken, bool behindMarkers = false, int segmentSize = 0)
    {
        // Facts sort behind the digits of a timeline, and segments' names mean nothing without the size.
        var size = segmentSize > 0 ? segmentSize : await ReadSegmentSizeAsync(store, layout, cancellationToken, behindMarkers);
        var chain = new WalChain(layout, size);
        await foreach (var info in List(store, layout.Root, behindMarkers, cancellationToken))
        {
            if (!layout.TryParse(info.Key, out var found) || !chain.Add(found!, info))
            {
                if (chain._strangers.Count < 100)
                    chain._strangers.Add(info.Key);
            }
        }

        return chain;
    }

    /// <summary>wal_segment_size as the store's cluster facts name it (the newest, were it ever changed), or 0.</summary>
    public static async Task<int> ReadSegmentSizeAsync(
        IObjectStore store, WalLayout layout, CancellationToken cancellationToken, bool behindMarkers = false)
    {
        ObjectInfo? newest = null;
        var size = 0;
        await foreach (var info in List(store, layout.Root + "cluster-", behindMarkers, cancellationToken))
        {
            if (layout.TryParse(info.Key, out var facts) && facts!.Kind == WalObjectKind.Cluster && (newest is null || info.Modified > newest.Modified))
                (newest, size) = (info, facts.SegmentSize);
        }

        return size;
    }

    /// <summary>
    /// Opens the history files, so that paths across timelines are known. A timeline above the first counts only when its history is there
    /// and signed, or a set vouches for it: anybody who may write can plant WAL and histories of any number, and replication may bring WAL
    /// before its history. The others are taken out, which <see cref="PassedOver"/> says.
    /// </summary>
    /// <param name="objects">Opens them.</param>
    /// <param name="vouched">Timelines of signed sets.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task LoadHistoriesAsync(SignedObjects objects, IReadOnlySet<uint> vouched, CancellationToken cancellationToken)
    {
        foreach (var coverage in _timelines.Values.ToList())
        {
            var timeline = coverage.Timeline;
            var why = "its history is not there";
            if (coverage.HasHistory)
            {
                try
                {
                    _histories[timeline] = await WalObjects.ReadHistoryAsync(
                        objects, Layout, timeline, _copies.GetValueOrDefault(timeline) ?? [], cancellationToken);
                    continue;
                }
                catch (Exception e) when (e is ObjectRefusedException or ObjectMissingException)
                {
                    why = e.Message.TrimEnd('.');
                }
            }

            if (timeline == 1 || vouched.Contains(timeline))
                continue;
            _timelines.Remove(timeline);
            _passedOver.Add($"Timeline {timeline} was passed over: {why}.");
        }
    }

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

    private static IAsyncEnumerable<ObjectInfo> List(IObjectStore store, string prefix, bool behindMarkers, CancellationToken cancellationToken) =>
        behindMarkers ? WalListing.EverythingAsync(store, prefix, cancellationToken) : store.ListAsync(prefix, null, cancellationToken);

    private bool Add(WalObject found, ObjectInfo info)
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
                if (!_copies.TryGetValue(found.Timeline, out var copies))
                    _copies[found.Timeline] = copies = [];
                copies.Add(found.Hash);
                if (copies.Count == 2)
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
