using System.Security.Cryptography;
using System.Text;
using TwiBackup.Postgres;
using TwiBackup.Sealing;
using TwiBackup.Stores;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Wal;

/// <summary>
/// Whoever has the writer's rights can put what he likes beside good WAL. He can't make it be believed, and can't make the good be done
/// without either.
/// </summary>
public sealed class PlantedWalTests : WalScene
{
    private const string LastHash = "ffffffffffffffffffffffffffffffff";

    [Theory]
    [InlineData(AnyHash)]
    [InlineData(LastHash)]
    public async Task Junk_beside_a_segment_is_passed_over_and_said(string hash)
    {
        var content = Bytes(Size);
        await Objects.PutSegmentAsync(Name(1, 5), content, null, Cancellation);
        await PlantAsync(Layout.Segment(Name(1, 5), hash));
        Assert.Equal(WalFetchResult.Fetched, await FetchAsync(Name(1, 5)));
        Assert.Equal(content, await File.ReadAllBytesAsync(Destination, Cancellation));
        Assert.Contains(Said, line => line.Contains("What is signed beside it is used", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Junk_in_place_of_a_segment_is_refused()
    {
        await PlantAsync(Layout.Segment(Name(1, 5), AnyHash));
        await PlantAsync(Layout.Segment(Name(1, 5), LastHash));
        await Assert.ThrowsAsync<ObjectRefusedException>(() => FetchAsync(Name(1, 5)));
    }

    [Fact]
    public async Task A_junk_tail_is_left_aside_where_the_others_hold_everything()
    {
        var content = Bytes(Size);
        var first = await Objects.PutTailAsync(Name(1, 5), 0, content.AsMemory(0, 1000), null, null, Cancellation);
        await Objects.PutTailAsync(Name(1, 5), 1000, content.AsMemory(1000, 1000), null, first, Cancellation);
        await PlantAsync(Layout.Tail(Name(1, 5), 0, 1500, AnyHash));
        Assert.Equal(WalFetchResult.Fetched, await FetchAsync(Name(1, 5)));
        content.AsSpan(2000).Clear();
        Assert.Equal(content, await File.ReadAllBytesAsync(Destination, Cancellation));
        Assert.Single(Said);
    }

    [Fact]
    public async Task A_junk_tail_that_would_hold_more_stops_all_but_who_does_not_need_it()
    {
        var content = Bytes(Size);
        await Objects.PutTailAsync(Name(1, 5), 0, content.AsMemory(0, 1000), null, null, Cancellation);
        await PlantAsync(Layout.Tail(Name(1, 5), 1000, 2000, AnyHash));
        await Assert.ThrowsAsync<ObjectRefusedException>(() => FetchAsync(Name(1, 5)));
        await Assert.ThrowsAsync<ObjectRefusedException>(() => FetchAsync(Name(1, 5), new WalFetchOptions(Needed: At(5, 1001))));
        Assert.Equal(WalFetchResult.Fetched, await FetchAsync(Name(1, 5), new WalFetchOptions(Needed: At(5, 1000))));
        content.AsSpan(1000).Clear();
        Assert.Equal(content, await File.ReadAllBytesAsync(Destination, Cancellation));
    }

    [Fact]
    public async Task A_number_that_junk_has_claimed_leads_to_the_signed_copy()
    {
        await PlantAsync(Layout.History(2));
        Assert.True(await Objects.PutHistoryAsync(2, "1\t0/480000\tx\n"u8.ToArray(), Cancellation));
        Assert.Equal(WalFetchResult.Fetched, await FetchAsync("00000002.history"));
        Assert.Equal("1\t0/480000\tx\n", await File.ReadAllTextAsync(Destination, Cancellation));
        var chain = await ChainAsync();
        Assert.Equal(2u, chain.NewestTimeline);
        Assert.Equal(new Lsn(0x480000), chain.PathTo(2).Switch);
    }

    [Fact]
    public async Task Timelines_that_nothing_vouches_for_are_passed_over()
    {
        await Objects.PutSegmentAsync(Name(1, 5), Bytes(Size), null, Cancellation);
        await Objects.PutSegmentAsync(Name(4, 5), Bytes(Size), null, Cancellation);
        await PlantAsync(Layout.History(3));
        await PlantAsync(Layout.Segment(Name(9, 5), AnyHash));
        var chain = await ChainAsync(vouched: 4);
        Assert.Equal([1u, 4u], chain.Timelines.Select(t => t.Timeline));
        Assert.Equal(4u, chain.NewestTimeline);
        Assert.Equal(2, chain.PassedOver.Count);
        Assert.Contains("Timeline 9 was passed over: its history is not there.", chain.PassedOver);
    }

    [Fact]
    public async Task Junk_that_claims_a_number_behind_the_timeline_that_is_followed_does_not_end_a_recovery()
    {
        await Objects.PutSegmentAsync(Name(1, 5), Bytes(Size), null, Cancellation);
        await PlantAsync(Layout.History(2));
        // PostgreSQL asks for it to know whether its next number is free. It is not: our own history could not be stored there.
        Assert.Equal(WalFetchResult.Fetched, await FetchAsync("00000002.history", new WalFetchOptions(Timeline: 1)));
        Assert.Equal(WalFetchResult.NotThere, await FetchAsync("00000003.history", new WalFetchOptions(Timeline: 1)));
        await Assert.ThrowsAsync<ObjectRefusedException>(() => FetchAsync("00000002.history", new WalFetchOptions(Timeline: 2)));
    }

    [Fact]
    public async Task Junk_marks_no_time()
    {
        var time = DateTimeOffset.UnixEpoch.AddDays(20000);
        await Objects.PutSegmentAsync(Name(1, 5), Bytes(Size), new WalMark(time, At(5, 100)), Cancellation);
        await PlantAsync(Layout.Segment(Name(1, 900), AnyHash));
        await PlantAsync(Layout.Mark(1, new WalMark(time.AddYears(1), At(5, 200))));
        var marks = new WalMarks(Test.Store, Test.ReadKeys, Layout);
        Assert.Equal(time, (await marks.NewestAsync(1, Cancellation))?.Time);
        Assert.Equal(time, (await marks.NewestUpToAsync(1, At(6, 0), Size, Cancellation))?.Time);
    }

    [Fact]
    public async Task A_chain_for_a_restore_sees_through_delete_markers()
    {
        await using var bucket = await WalTest.CreateOnS3Async();
        var there = new WalObjects(bucket.Store, bucket.Keys, Layout, bucket.Tell);
        await there.PutClusterFactsAsync(Size, Cancellation);
        foreach (var number in (int[])[5, 6])
            await there.PutSegmentAsync(Name(1, number), Bytes(Size), new WalMark(DateTimeOffset.UnixEpoch.AddDays(number), At(number, 100)), Cancellation);
        await there.PutHistoryAsync(2, "1\t0/680000\tx\n"u8.ToArray(), Cancellation);
        foreach (var key in await bucket.KeysAsync())
        {
            await bucket.Store.PutBytesAsync(key, Bytes(100), PutCondition.Replace, Cancellation);
            await bucket.Store.DeleteAsync(key, null, Cancellation);
        }

        Assert.Equal(0, (await WalChain.LoadAsync(bucket.Store, Layout, Cancellation)).SegmentSize);
        var chain = await WalChain.LoadAsync(bucket.Store, Layout, Cancellation, behindMarkers: true);
        await chain.LoadHistoriesAsync(new SignedObjects(bucket.Store, bucket.ReadKeys), new HashSet<uint>(), Cancellation);
        Assert.Equal(At(7, 0), chain.NewestFrom(At(5, 0), chain.PathTo(1)));
        Assert.Equal(new Lsn(0x680000), chain.PathTo(2).Switch);
        var mark = await new WalMarks(bucket.Store, bucket.ReadKeys, Layout).NewestUpToAsync(1, At(7, 0), Size, Cancellation);
        Assert.Equal(At(6, 100), mark?.Lsn);
    }

    private static string Name(uint timeline, int number) => new WalSegment(timeline, (ulong)number, Size).Name;

    private static Lsn At(int number, int offset) => new(((ulong)number * Size) + (ulong)offset);

    private static byte[] Bytes(int length) => RandomNumberGenerator.GetBytes(length);

    private async Task<WalChain> ChainAsync(params uint[] vouched)
    {
        var chain = await WalChain.LoadAsync(Test.Store, Layout, Cancellation);
        await chain.LoadHistoriesAsync(new SignedObjects(Test.Store, Test.ReadKeys), vouched.ToHashSet(), Cancellation);
        return chain;
    }
}
