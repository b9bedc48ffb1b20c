using TwiBackup.Postgres;

namespace TwiBackup.Wal;

/// <summary>What the store holds of one timeline, as a listing tells it. Grows while the listing is read, in ordinal order.</summary>
public sealed class TimelineCoverage(uint timeline)
{
    private readonly List<LsnRange> _ranges = [];
    private readonly List<StoredTimes> _times = [];
    private readonly List<WalMark> _marks = [];
    private readonly List<string> _conflicts = [];
    private string _lastSegment = "";
    private string _lastHash = "";

    public uint Timeline { get; } = timeline;

    /// <summary>Whether its history file is there. Timeline 1 has none.</summary>
    public bool HasHistory => HistoryStored is not null;

    /// <summary>The store's time of its history file: a restore lets nobody in before that.</summary>
    public DateTimeOffset? HistoryStored { get; internal set; }

    /// <summary>Contiguous ranges, ascending; more than one means a gap.</summary>
    public IReadOnlyList<LsnRange> Ranges => _ranges;

    /// <summary>When the store took the objects of each of <see cref="Ranges"/>.</summary>
    public IReadOnlyList<StoredTimes> Times => _times;

    /// <summary>Marks that were put when the server was idle, ascending; as their names say, proven only once opened.</summary>
    public IReadOnlyList<WalMark> Marks => _marks;

    /// <summary>Segments that are there with two contents.</summary>
    public IReadOnlyList<string> Conflicts => _conflicts;

    public int SegmentCount { get; private set; }

    public int TailCount { get; private set; }

    /// <summary>Sealed bytes.</summary>
    public long StoredBytes { get; private set; }

    /// <summary>The store's time of the oldest and newest WAL object; equal to default when there is none.</summary>
    public DateTimeOffset FirstStored { get; private set; }

    /// <inheritdoc cref="FirstStored"/>
    public DateTimeOffset LastStored { get; private set; }

    /// <summary>
    /// The newest time this timeline is known to be complete for: the store's time of its newest WAL (an approximation of the signed mark
    /// inside, late by the upload) or a later idle mark.
    /// </summary>
    public DateTimeOffset NewestTime => _marks.Count > 0 && _marks[^1].Time > LastStored ? _marks[^1].Time : LastStored;

    internal void AddSegment(WalObject found, LsnRange range, long length, DateTimeOffset modified)
    {
        if (found.Segment == _lastSegment && found.Hash != _lastHash)
            _conflicts.Add(found.Segment);
        else
            SegmentCount++;
        (_lastSegment, _lastHash) = (found.Segment, found.Hash);
        Add(range, length, modified);
    }

    internal void AddTail(LsnRange range, long length, DateTimeOffset modified)
    {
        TailCount++;
        Add(range, length, modified);
    }

    internal void AddMark(WalMark mark) => _marks.Add(mark);

    /// <summary>The end of the range that holds the byte at <paramref name="lsn"/>, or null.</summary>
    public Lsn? ReachFrom(Lsn lsn) => IndexOf(lsn) is { } index ? _ranges[index].End : null;

    /// <summary>Which of <see cref="Ranges"/> holds the byte at <paramref name="lsn"/>, or null.</summary>
    public int? IndexOf(Lsn lsn)
    {
        int low = 0, high = _ranges.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (_ranges[middle].End <= lsn)
                low = middle + 1;
            else if (_ranges[middle].Start > lsn)
                high = middle - 1;
            else
                return middle;
        }

        return null;
    }

    /// <summary>Keys come ordered by segment, then whole before tails, then start: a range merges with the last one or is new.</summary>
    private void Add(LsnRange range, long length, DateTimeOffset modified)
    {
        StoredBytes += length;
        if (FirstStored == default || modified < FirstStored)
            FirstStored = modified;
        if (modified > LastStored)
            LastStored = modified;
        if (_ranges.Count > 0 && range.Start <= _ranges[^1].End)
        {
            if (range.End > _ranges[^1].End)
                _ranges[^1] = _ranges[^1] with { End = range.End };
            _times[^1] = _times[^1].With(modified);
        }
        else
        {
            _ranges.Add(range);
            _times.Add(new StoredTimes(modified, modified));
        }
    }
}
