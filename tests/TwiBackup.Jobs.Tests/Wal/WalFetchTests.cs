using System.Security.Cryptography;
using TwiBackup.Postgres;
using TwiBackup.Sealing;
using TwiBackup.Stores;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Wal;

/// <summary>Decision 1: exit 1 only at the archive's end; whatever else goes wrong is an exception, which the command turns into 126.</summary>
public sealed class WalFetchTests : IAsyncLifetime
{
    private const int Size = 1 << 20;

    private static readonly WalLayout Layout = new(WalTest.System, 15, 7301234567890123456);

    private WalTest _test = null!;
    private WalObjects _objects = null!;

    public async ValueTask InitializeAsync()
    {
        _test = WalTest.Create();
        _objects = new WalObjects(_test.Store, _test.Keys, Layout, _test.Tell);
        await _objects.PutClusterFactsAsync(Size, WalTest.Cancellation);
    }

    public ValueTask DisposeAsync() => _test.DisposeAsync();

    [Fact]
    public async Task A_segment_that_is_there_is_fetched_whole()
    {
        var content = await PutAsync(Name(1, 5));
        Assert.Equal(WalFetchResult.Fetched, await FetchAsync(Name(1, 5)));
        Assert.Equal(content, await File.ReadAllBytesAsync(Destination, WalTest.Cancellation));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Destination));
        Assert.Single(Directory.GetFiles(_test.Folder));
        // It is asked for again at the end of recovery.
        Assert.Equal(WalFetchResult.Fetched, await FetchAsync(Name(1, 5)));
    }

    [Fact]
    public async Task The_end_of_the_archive_is_said_to_be_the_end()
    {
        await PutAsync(Name(1, 5));
        Assert.Equal(WalFetchResult.NotThere, await FetchAsync(Name(1, 6)));
        Assert.Equal(WalFetchResult.NotThere, await FetchAsync("00000002.history"));
        Assert.Empty(Directory.GetFiles(_test.Folder));
    }

    [Fact]
    public async Task A_gap_is_not_the_end()
    {
        await PutAsync(Name(1, 5));
        await PutAsync(Name(1, 7));
        await RefusedAsync(Name(1, 6), "is missing");
    }

    [Fact]
    public async Task A_gap_before_a_tail_is_not_the_end()
    {
        await PutAsync(Name(1, 5));
        await TailAsync(Name(1, 7), Bytes(Size), 0, 100, null);
        await RefusedAsync(Name(1, 6), "is missing");
    }

    [Fact]
    public async Task A_gap_that_the_restore_was_told_of_is_its_end()
    {
        await PutAsync(Name(1, 5));
        await PutAsync(Name(1, 7));
        var until = new WalFetchOptions(Until: new Lsn(6 * Size));
        Assert.Equal(WalFetchResult.Fetched, await FetchAsync(Name(1, 5), until));
        Assert.Equal(WalFetchResult.NotThere, await FetchAsync(Name(1, 6), until));
        Assert.Equal(WalFetchResult.NotThere, await FetchAsync(Name(1, 7), until));
    }

    [Fact]
    public async Task A_later_segment_on_another_timeline_than_the_target_is_no_gap()
    {
        // 1 was left in segment 6 for 2; 2 goes on.
        await PutAsync(Name(1, 5));
        await HistoryAsync(2, "1\t0/600080\tx\n");
        await PutAsync(Name(2, 6));
        await PutAsync(Name(2, 7));
        Assert.Equal(WalFetchResult.NotThere, await FetchAsync(Name(1, 6), new WalFetchOptions(Timeline: 1)));
        Assert.Equal(WalFetchResult.NotThere, await FetchAsync(Name(2, 8), new WalFetchOptions(Timeline: 2)));
        Assert.Equal(WalFetchResult.NotThere, await FetchAsync(Name(2, 8)));
        // On the way to 2 it is one.
        await RefusedAsync(Name(1, 6), "is missing");
        await RefusedAsync(Name(1, 6), "is missing", new WalFetchOptions(Timeline: 2));
    }

    [Fact]
    public async Task Segments_of_an_abandoned_branch_are_not_later_ones()
    {
        await PutAsync(Name(1, 5));
        await PutAsync(Name(1, 6));
        await PutAsync(Name(1, 7));
        await HistoryAsync(2, "1\t0/600080\tx\n");
        Assert.Equal(WalFetchResult.NotThere, await FetchAsync(Name(2, 6), new WalFetchOptions(Timeline: 2)));
        Assert.Equal(WalFetchResult.Fetched, await FetchAsync(Name(1, 6), new WalFetchOptions(Timeline: 2)));
    }

    [Fact]
    public async Task What_was_abandoned_behind_the_point_where_a_timeline_was_left_is_not_served_to_the_next()
    {
        // Nothing of timeline 2 is stored yet: PostgreSQL asks for its parent's segments, and would replay all that is in them.
        var whole = await PutAsync(Name(1, 5));
        await PutAsync(Name(1, 6));
        await TailAsync(Name(1, 7), Bytes(Size), 0, 5000, null);
        await HistoryAsync(2, "1\t0/500080\tx\n");
        await HistoryAsync(3, "1\t0/700080\tx\n");
        foreach (var options in (WalFetchOptions[])[new WalFetchOptions(Timeline: 2), new WalFetchOptions(Timeline: 3)])
        {
            var left = options.Timeline == 2 ? 0x80 : Size;
            Assert.Equal(WalFetchResult.Fetched, await FetchAsync(Name(1, 5), options));
            var fetched = await File.ReadAllBytesAsync(Destination, WalTest.Cancellation);
            Assert.Equal(Size, fetched.Length);
            Assert.Equal(whole[..left], fetched[..left]);
            Assert.Equal(-1, fetched.AsSpan(left).IndexOfAnyExcept((byte)0));
            Assert.Equal(options.Timeline == 2 ? WalFetchResult.NotThere : WalFetchResult.Fetched, await FetchAsync(Name(1, 6), options));
        }

        Assert.Equal(WalFetchResult.Fetched, await FetchAsync(Name(1, 7), new WalFetchOptions(Timeline: 3)));
        Assert.Equal(-1, (await File.ReadAllBytesAsync(Destination, WalTest.Cancellation)).AsSpan(0x80).IndexOfAnyExcept((byte)0));
        // Who follows the first timeline gets all of it.
        Assert.Equal(WalFetchResult.Fetched, await FetchAsync(Name(1, 5), new WalFetchOptions(Timeline: 1)));
        Assert.Equal(whole, await File.ReadAllBytesAsync(Destination, WalTest.Cancellation));
    }

    [Fact]
    public async Task A_missing_history_of_a_timeline_in_use_is_not_the_end()
    {
        await PutAsync(Name(2, 5));
        await RefusedAsync("00000002.history", "is missing");
        await HistoryAsync(4, "1\t0/500080\tx\n");
        await RefusedAsync("00000003.history", "is missing");
        Assert.Equal(WalFetchResult.NotThere, await FetchAsync("00000005.history"));
        Assert.Equal(WalFetchResult.Fetched, await FetchAsync("00000004.history"));
        // Who follows an older timeline looks for a free number, and must not take one of these.
        var older = new WalFetchOptions(Timeline: 1);
        foreach (var taken in (string[])["00000002.history", "00000003.history", "00000004.history"])
            Assert.Equal(WalFetchResult.Fetched, await FetchAsync(taken, older));
        Assert.Equal(WalFetchResult.NotThere, await FetchAsync("00000005.history", older));
        File.Delete(Destination);
        await RefusedAsync("00000003.history", "is missing", new WalFetchOptions(Timeline: 3));
    }

    [Fact]
    public async Task A_flipped_byte_is_not_the_end()
    {
        await PutAsync(Name(1, 5));
        await RewriteAsync((await _test.KeysAsync(Layout.SegmentPrefix(Name(1, 5))))[0], bytes => bytes[bytes.Length / 2] ^= 1);
        await RefusedAsync(Name(1, 5), "");
    }

    [Fact]
    public async Task A_truncated_object_is_not_the_end()
    {
        await PutAsync(Name(1, 5));
        var key = (await _test.KeysAsync(Layout.SegmentPrefix(Name(1, 5))))[0];
        await ReplaceAsync(key, (await ReadAsync(key))[..^100]);
        await RefusedAsync(Name(1, 5), "");
    }

    [Fact]
    public async Task A_swapped_segment_is_refused()
    {
        await PutAsync(Name(1, 5));
        await PutAsync(Name(1, 6));
        var five = (await _test.KeysAsync(Layout.SegmentPrefix(Name(1, 5))))[0];
        var six = (await _test.KeysAsync(Layout.SegmentPrefix(Name(1, 6))))[0];
        await ReplaceAsync(five, await ReadAsync(six));
        await RefusedAsync(Name(1, 5), "");
    }

    [Fact]
    public async Task A_store_that_is_out_is_not_the_end()
    {
        await PutAsync(Name(1, 5));
        _test.Store.Down = true;
        await RefusedAsync(Name(1, 5), "switched off");
        await RefusedAsync(Name(1, 6), "switched off");
        await RefusedAsync("00000002.history", "switched off");
    }

    [Fact]
    public async Task A_destination_that_cannot_be_written_is_not_the_end()
    {
        await PutAsync(Name(1, 5));
        await Assert.ThrowsAnyAsync<IOException>(() => NewFetch(null).FetchAsync(Name(1, 5), Path.Combine(_test.Folder, "none", "x"), WalTest.Cancellation));
    }

    [Fact]
    public async Task Two_contents_of_one_segment_are_kept_told_and_refused()
    {
        await PutAsync(Name(1, 5));
        await PutAsync(Name(1, 5));
        Assert.Contains(_test.Events, e => e.Kind == WalEventKind.Conflict);
        Assert.Equal(2, (await _test.KeysAsync(Layout.SegmentPrefix(Name(1, 5)))).Count);
        await RefusedAsync(Name(1, 5), "two contents");
        Assert.Equal([Name(1, 5)], (await WalChain.LoadAsync(_test.Store, Layout, WalTest.Cancellation)).Of(1)!.Conflicts);
    }

    [Fact]
    public async Task Tails_that_agree_are_put_together_and_padded_with_zeros()
    {
        var content = Bytes(Size);
        var a = await TailAsync(Name(1, 5), content, 0, 1000, null);
        await TailAsync(Name(1, 5), content, 1000, 5000, a);
        // After a restart: from the beginning, overlapping both.
        var b = await TailAsync(Name(1, 5), content, 0, 3000, null);
        await TailAsync(Name(1, 5), content, 3000, 7000, b);
        Assert.Equal(WalFetchResult.Fetched, await FetchAsync(Name(1, 5)));
        content.AsSpan(7000).Clear();
        Assert.Equal(content, await File.ReadAllBytesAsync(Destination, WalTest.Cancellation));
        Assert.Equal(WalFetchResult.NotThere, await FetchAsync(Name(1, 6)));
        // Once the whole segment is there, they do not count.
        var whole = await PutAsync(Name(1, 5));
        Assert.Equal(WalFetchResult.Fetched, await FetchAsync(Name(1, 5)));
        Assert.Equal(whole, await File.ReadAllBytesAsync(Destination, WalTest.Cancellation));
    }

    [Fact]
    public async Task Tails_that_differ_where_they_overlap_are_refused()
    {
        var content = Bytes(Size);
        await TailAsync(Name(1, 5), content, 0, 3000, null);
        content[2500] ^= 1;
        await TailAsync(Name(1, 5), content, 2000, 5000, "00");
        await RefusedAsync(Name(1, 5), "differs");
    }

    [Fact]
    public async Task A_tail_that_follows_another_one_than_is_there_is_refused()
    {
        var content = Bytes(Size);
        await TailAsync(Name(1, 5), content, 0, 1000, null);
        await TailAsync(Name(1, 5), content, 1000, 2000, Convert.ToHexStringLower(SHA256.HashData("another"u8)));
        await RefusedAsync(Name(1, 5), "does not follow");
    }

    [Fact]
    public async Task Tails_with_a_hole_are_not_the_end()
    {
        var content = Bytes(Size);
        var a = await TailAsync(Name(1, 5), content, 0, 1000, null);
        await TailAsync(Name(1, 5), content, 2000, 3000, a);
        await RefusedAsync(Name(1, 5), "hole");
        Assert.Equal(WalFetchResult.Fetched, await FetchAsync(Name(1, 5), new WalFetchOptions(Until: new Lsn((5 * Size) + 1000))));
    }

    [Fact]
    public async Task Tails_that_end_early_before_a_later_segment_are_not_the_end()
    {
        await TailAsync(Name(1, 5), Bytes(Size), 0, 1000, null);
        await PutAsync(Name(1, 6));
        await RefusedAsync(Name(1, 5), "is missing");
    }

    [Fact]
    public async Task A_chain_names_its_gaps_and_what_it_reaches()
    {
        foreach (var number in (int[])[3, 4, 6])
            await PutAsync(Name(1, number));
        await TailAsync(Name(1, 7), Bytes(Size), 0, 1000, null);
        await HistoryAsync(2, "1\t0/480000\tx\n");
        await PutAsync(Name(2, 4));
        await TailAsync(Name(2, 5), Bytes(Size), 0, 500, null);
        var chain = await WalChain.LoadAsync(_test.Store, Layout, WalTest.Cancellation);
        await chain.LoadHistoriesAsync(new SignedObjects(_test.Store, _test.ReadKeys), new HashSet<uint>(), WalTest.Cancellation);
        Assert.Equal([$"{Name(1, 5)} is missing (0/500000 to 0/600000)"], chain.Gaps());
        var one = chain.PathTo(1);
        Assert.True(chain.Prove(new Lsn(0x300010), one, new Lsn(0x500000)).Whole);
        var broken = chain.Prove(new Lsn(0x300010), one, new Lsn(0x700100));
        Assert.False(broken.Whole);
        Assert.Equal(Name(1, 5), broken.Missing);
        Assert.Equal(new Lsn(0x500000), broken.Reached);
        Assert.Equal(new Lsn((7 * Size) + 1000), chain.NewestFrom(new Lsn(0x600000), one));
        Assert.Equal(new Lsn((5 * Size) + 500), chain.NewestFrom(new Lsn(0x300000), chain.PathTo(2)));
        Assert.Equal(2u, chain.NewestTimeline);
        Assert.Contains(2u, chain.BranchesAt(chain.Of(2)!.FirstStored));
        Assert.Empty(chain.BranchesAt(DateTimeOffset.UtcNow.AddHours(1)));
    }

    private string Destination => Path.Combine(_test.Folder, "RECOVERYXLOG");

    private static string Name(uint timeline, int number) => new WalSegment(timeline, (ulong)number, Size).Name;

    private static byte[] Bytes(int length) => RandomNumberGenerator.GetBytes(length);

    private async Task<byte[]> PutAsync(string name)
    {
        var content = Bytes(Size);
        await _objects.PutSegmentAsync(name, content, null, WalTest.Cancellation);
        return content;
    }

    private Task<string> TailAsync(string name, byte[] content, int from, int to, string? previous) =>
        _objects.PutTailAsync(name, from, content.AsMemory(from, to - from), null, previous, WalTest.Cancellation);

    private Task<bool> HistoryAsync(uint timeline, string text) =>
        _objects.PutHistoryAsync(timeline, System.Text.Encoding.ASCII.GetBytes(text), WalTest.Cancellation);

    private WalFetch NewFetch(WalFetchOptions? options) => new(_test.Store, _test.ReadKeys, Layout, options ?? new WalFetchOptions(), _ => { });

    private Task<WalFetchResult> FetchAsync(string name, WalFetchOptions? options = null) =>
        NewFetch(options).FetchAsync(name, Destination, WalTest.Cancellation);

    private async Task RefusedAsync(string name, string because, WalFetchOptions? options = null)
    {
        var refused = await Assert.ThrowsAnyAsync<TwiBackupException>(() => FetchAsync(name, options));
        Assert.Contains(because, refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_test.Folder));
    }

    private async Task RewriteAsync(string key, Action<byte[]> change)
    {
        var bytes = await ReadAsync(key);
        change(bytes);
        await ReplaceAsync(key, bytes);
    }

    private async Task<byte[]> ReadAsync(string key)
    {
        await using var stream = await _test.Store.OpenReadAsync(key, null, null, WalTest.Cancellation);
        using var memory = new MemoryStream();
        await stream.CopyToAsync(memory, WalTest.Cancellation);
        return memory.ToArray();
    }

    private async Task ReplaceAsync(string key, byte[] bytes)
    {
        await using var upload = await _test.Store.CreateAsync(key, PutCondition.Replace, WalTest.Cancellation);
        await upload.WriteAsync(bytes, WalTest.Cancellation);
        await upload.CommitAsync(WalTest.Cancellation);
    }
}
