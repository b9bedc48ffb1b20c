using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Retention;
using TwiBackup.Tests.Stores;
using TwiBackup.Wal;
using static TwiBackup.Tests.Catalog.SampleSets;

namespace TwiBackup.Tests.Attacks.Decisions;

/// <summary>The borders of retention to the tick and to the byte: what is a tick too early goes, what is at the border or behind it stays.</summary>
public sealed class Decision24_What_the_window_rests_on_stays
{
    private const int Size = 1 << 20;

    private static readonly TimeSpan Window = TimeSpan.FromDays(7);
    private static readonly DateTimeOffset Now = Epoch;
    private static readonly DateTimeOffset Begin = Now - Window;

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void A_full_that_is_complete_a_tick_after_the_window_begins_does_not_carry_its_first_instant(int ticks, bool carries)
    {
        var older = Full(1, 0x1000000, Begin.AddDays(-30), Now.AddDays(-1));
        var border = Full(2, 0x2000000, Begin.AddTicks(ticks), Now.AddDays(-1));
        var newest = Full(3, 0x3000000, Now.AddHours(-1), Now.AddDays(30));
        Assert.Equal(carries ? [older.Id] : [], SetRetention.Expired([older, border, newest], Now, Window, null).Select(s => s.Id));
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, false)]
    [InlineData(1, false)]
    public void A_promise_is_kept_to_its_last_tick(int ticks, bool goes)
    {
        var older = Full(1, 0x1000000, Begin.AddDays(-30), Now.AddTicks(ticks));
        var settled = Full(2, 0x2000000, Begin.AddDays(-1), Now.AddDays(30));
        Assert.Equal(goes ? [older.Id] : [], SetRetention.Expired([older, settled], Now, Window, null).Select(s => s.Id));
    }

    [Theory]
    [InlineData(-1, 0x2000000UL)]
    [InlineData(0, 0x2000000UL)]
    [InlineData(1, 0x1000000UL)]
    public async Task WAL_stays_from_the_segment_in_which_the_window_s_full_begins(int ticks, ulong from)
    {
        await using var store = TestStores.NewFileStore();
        var layout = new WalLayout(TwiBackup.Tests.Catalog.SampleSets.System, 15, 7000000000000000001);
        var wal = new WalObjects(store.Store, NewKeys(), layout, _ => { });
        await wal.PutClusterFactsAsync(Size, Cancellation);
        foreach (var at in (ulong[])[0xE00000, 0xF00000, 0x1000000, 0x1100000, 0x1F00000, 0x2000000, 0x2100000])
            await wal.PutSegmentAsync(WalSegment.Containing(new Lsn(at), 1, Size).Name, new byte[Size], null, Cancellation);
        // A byte before the segment's border is that segment's: the full that begins there needs it.
        var older = Full(1, 0x1000028, Begin.AddDays(-30), Now.AddDays(30));
        var border = Full(2, 0x2000028, Begin.AddTicks(ticks), Now.AddDays(30));
        var chain = await WalChain.LoadAsync(store.Store, layout, Cancellation);
        var decision = WalRetention.Decide(chain, [older, border], Begin, isAbandonedCluster: false);
        var stays = new List<ulong>();
        await foreach (var info in store.Store.ListAsync(layout.TimelineFolder(1), null, Cancellation))
        {
            if (layout.TryParse(info.Key, out var found) && !decision.MayGo(found!, Size) && WalSegment.TryParse(found!.Segment, Size, out var segment))
                stays.Add(segment.Start.Value);
        }

        Assert.Equal(from, stays.Min());
        Assert.Equal(((ulong[])[0xE00000, 0xF00000, 0x1000000, 0x1100000, 0x1F00000, 0x2000000, 0x2100000]).Where(at => at >= from), stays.Order());
    }

    [Fact]
    public void Where_proof_is_asked_for_nothing_older_than_the_newest_proven_goes_though_all_of_it_is_past_its_time()
    {
        BackupSet[] sets = [.. Enumerable.Range(1, 6).Select(n => Full(n, (ulong)n << 24, Begin.AddDays(n - 60), Now.AddDays(-1)))];
        for (var proven = 0; proven < sets.Length; proven++)
            Assert.Equal(sets[..proven].Select(s => s.Id), SetRetention.Expired(sets, Now, Window, new HashSet<string> { sets[proven].Id }).Select(s => s.Id));
        // None is proven, or one that is not there any more.
        Assert.Empty(SetRetention.Expired(sets, Now, Window, new HashSet<string>()));
        Assert.Empty(SetRetention.Expired(sets, Now, Window, new HashSet<string> { Id(Begin.AddYears(-1)) }));
    }

    private static BackupSet Full(int number, ulong start, DateTimeOffset complete, DateTimeOffset keepUntil) =>
        Set(SetKind.Full, Id(complete, number), keepUntil, Facts(1, start, start + 0x100, complete));
}
