using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Retention;
using TwiBackup.Stores;
using TwiBackup.Tests.Catalog;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Retention;

/// <summary>
/// A made-up life of a database, hour by hour: fulls that sometimes fail, WAL that flows, restores to earlier instants that begin a new
/// timeline. It knows, by looking at nothing but what is still there, which of its instants can be recovered.
/// </summary>
internal sealed class RandomHistory(int seed, TimeSpan keep, TimeSpan window, double restoresADay)
{
    private const int SegmentSize = 1 << 20;
    private const ulong BytesAnHour = SegmentSize / 6;

    private static readonly WalLayout Layout = new(SampleSets.System, 15, 7000000000000000001);

    private readonly Random random = new(seed);
    private readonly List<Instant> instants = [];
    private readonly Dictionary<(uint Timeline, ulong Segment), DateTimeOffset> wal = [];
    private readonly List<BackupSet> fulls = [];
    private List<(uint Timeline, ulong Begin)> path = [(1, 0)];
    private ulong lsn = 16 * SegmentSize;
    private uint newestTimeline = 1;
    private int hour;
    private int lastRestore = -1000;

    private static DateTimeOffset Time(int hour) => SampleSets.Epoch.AddHours(hour);

    public DateTimeOffset Now => Time(hour);

    public IReadOnlyList<BackupSet> Fulls => fulls;

    public int Restores { get; private set; }

    /// <summary>Lives on for an hour.</summary>
    public void Live(bool calm = false)
    {
        hour++;
        if (!calm && hour - lastRestore > 3 && random.NextDouble() < restoresADay / 24)
            Restore();
        Write(BytesAnHour);
        if ((hour % 24 == 2 || hour - lastRestore == 1) && (calm || random.NextDouble() < 0.85))
            BackUp();
        instants.Add(new Instant(Now, lsn, path));
    }

    private void Write(ulong bytes)
    {
        var end = lsn + bytes;
        for (var segment = lsn / SegmentSize; segment <= (end - 1) / SegmentSize; segment++)
            wal[(path[^1].Timeline, segment)] = Now;
        lsn = end;
    }

    private void BackUp()
    {
        var start = lsn;
        Write(1000);
        fulls.Add(SampleSets.Set(
            SetKind.Full, SampleSets.Id(Now), Now + keep, SampleSets.Facts(path[^1].Timeline, start, lsn, Now)));
    }

    private void Restore()
    {
        var recoverable = instants.Where(i => i.At > Now - window && IsRecoverable(i)).ToList();
        if (recoverable.Count == 0)
            return;
        // Mostly to the newest point; sometimes far back.
        var to = random.Next(3) > 0 ? recoverable[^1] : recoverable[random.Next(recoverable.Count)];
        path = [.. to.Path, (++newestTimeline, to.Lsn)];
        lsn = to.Lsn;
        lastRestore = hour;
        Restores++;
    }

    /// <summary>What retention lets go now goes. Returns the instants of the window that were recoverable before.</summary>
    public async Task<IReadOnlyList<Instant>> PruneAsync()
    {
        var windowStart = Now - window;
        var before = instants.Where(i => i.At >= windowStart && IsRecoverable(i)).ToList();
        var keys = wal.ToDictionary(
            w => Layout.Segment(new WalSegment(w.Key.Timeline, w.Key.Segment, SegmentSize).Name, new string('a', 32)), w => w);
        var store = new ListedStore(
            keys.Select(k => new ObjectInfo(k.Key, 100, k.Value.Value)).Append(new ObjectInfo(Layout.ClusterFacts(SegmentSize), 1, Time(0))));
        var chain = await WalChain.LoadAsync(store, Layout, SampleSets.Cancellation);
        Assert.Equal(keys.Count, chain.Timelines.Sum(t => t.SegmentCount));
        var sorted = BackupSetOrder.Sort(fulls);
        var timelines = new Dictionary<string, uint> { [fulls.Count > 0 ? fulls[0].Manifest.Database!.SystemIdentifier : ""] = chain.NewestTimeline };
        var expired = SetRetention.Expired(sorted, Now, window, verified: null, timelines);
        var decision = WalRetention.Decide(chain, sorted, windowStart, isAbandonedCluster: false);
        foreach (var (key, segment) in keys)
        {
            Assert.True(Layout.TryParse(key, out var found));
            if (decision.MayGo(found!, SegmentSize))
                wal.Remove(segment.Key);
        }

        fulls.RemoveAll(expired.Contains);
        return before;
    }

    /// <summary>Whether a full and all WAL from it to the instant, along the way that was taken then, is still there.</summary>
    public bool IsRecoverable(Instant instant) => fulls.Any(full =>
    {
        var (start, stop) = (full.StartLsn.Value, full.StopLsn.Value);
        if (stop > instant.Lsn || full.Manifest.Database!.StopTime > instant.At || TimelineAt(instant.Path, stop - 1) != full.Timeline)
            return false;
        for (var segment = start / SegmentSize; segment <= (instant.Lsn - 1) / SegmentSize; segment++)
        {
            // The timeline of its last byte that is needed: a timeline's first segment holds its parent's bytes, too.
            var last = Math.Min((segment + 1) * SegmentSize, instant.Lsn) - 1;
            if (!wal.ContainsKey((TimelineAt(instant.Path, last), segment)))
                return false;
        }

        return true;
    });

    /// <summary>The oldest WAL there is.</summary>
    public DateTimeOffset OldestWal => wal.Values.Min();

    private static uint TimelineAt(List<(uint Timeline, ulong Begin)> path, ulong at) => path.Last(p => p.Begin <= at).Timeline;

    /// <summary>An instant of its life: where it stood, and how it had come there.</summary>
    public sealed record Instant(DateTimeOffset At, ulong Lsn, List<(uint Timeline, ulong Begin)> Path);
}
