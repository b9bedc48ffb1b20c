using System.Security.Cryptography;
using System.Text;
using TwiBackup.Postgres;
using TwiBackup.Stores;
using TwiBackup.Tests.Sealing;
using TwiBackup.Tests.Wal;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Attacks.Decisions;

/// <summary>The segment that is being written lies in the store in pieces: of one history, whatever their borders, or it is refused.</summary>
[Collection(nameof(ProcessWideCollection))]
public sealed class Decision14_Tails_are_put_together_or_refused : WalScene
{
    [Fact]
    public async Task Receivers_that_were_killed_anywhere_leave_pieces_that_fit_and_one_byte_of_another_history_does_not()
    {
        var random = new Random(Tally.Seed());
        var rounds = Tally.Rounds(20, 200);
        for (var round = 1; round <= rounds; round++)
        {
            var (name, content) = (new WalSegment(1, (ulong)round, Size).Name, RandomNumberGenerator.GetBytes(Size));
            var end = random.Next(10_000, Size);
            // Each life begins anew at the segment's start, has other borders, and ends before the last one's end, or behind it.
            var reached = 0;
            for (var lives = random.Next(1, 4); lives > 0 || reached < end; lives--)
                reached = Math.Max(reached, await LifeAsync(random, name, content, lives > 1 ? random.Next(1, end) : end));
            Assert.Equal(WalFetchResult.Fetched, await FetchAsync(name));
            var expected = (byte[])content.Clone();
            expected.AsSpan(end).Clear();
            var fetched = await File.ReadAllBytesAsync(Destination, Cancellation);
            Assert.True(expected.AsSpan().SequenceEqual(fetched), $"round {round}");

            // One more, of a server that wrote another byte somewhere: in what overlaps, so it is seen.
            content[random.Next(0, end)] ^= 1;
            await LifeAsync(random, name, content, end);
            var refused = await Assert.ThrowsAsync<TwiBackupException>(() => FetchAsync(name));
            Assert.Contains("two servers wrote", refused.Message, StringComparison.Ordinal);
        }

        Tally.Add("tails: borders by chance, then a byte of another history", (rounds, "segments put together"), (rounds, "refused"));
    }

    [Theory]
    [InlineData(0, 1 << 30)]
    [InlineData(1000, Size + 1)]
    public async Task A_name_that_claims_more_than_a_segment_costs_neither_memory_nor_the_restore(long start, long end)
    {
        var name = new WalSegment(1, 5, Size).Name;
        var content = RandomNumberGenerator.GetBytes(1000);
        await Objects.PutTailAsync(name, 0, content, null, null, Cancellation);
        await PlantAsync(Layout.Tail(name, start, end, AnyHash));
        var before = GC.GetTotalAllocatedBytes(true);
        Assert.Equal(WalFetchResult.Fetched, await FetchAsync(name));
        Assert.True(GC.GetTotalAllocatedBytes(true) - before < 64 << 20, "it was believed by its name");
        Assert.Equal(content, (await File.ReadAllBytesAsync(Destination, Cancellation))[..1000]);
        Assert.Single(Said, line => line.Contains("left aside", StringComparison.Ordinal));
        Tally.Add("tails: a name that claims more than a segment", (1, "names"));
    }

    [Fact]
    public async Task One_of_a_GiB_is_put_together_within_the_bound()
    {
        const int Large = 1 << 30;
        const int Piece = 16 << 20;
        var layout = Layout with { SystemIdentifier = 1 };
        var writer = new WalObjects(Test.Store, Test.Keys, layout, Test.Tell);
        await writer.PutClusterFactsAsync(Large, Cancellation);
        var (name, piece, previous) = (new WalSegment(1, 5, Large).Name, new byte[Piece], (string?)null);
        for (var at = 0L; at < Large; at += Piece)
        {
            BitConverter.TryWriteBytes(piece, at);
            previous = await writer.PutTailAsync(name, at, piece, null, previous, Cancellation);
        }

        var fetch = new WalFetch(Test.Store, Test.ReadKeys, layout, new WalFetchOptions(), Said.Add);
        var before = GC.GetTotalAllocatedBytes(true);
        Assert.Equal(WalFetchResult.Fetched, await fetch.FetchAsync(name, Destination, Cancellation));
        Assert.True(GC.GetTotalAllocatedBytes(true) - before < 256 << 20);
        await using var file = File.OpenRead(Destination);
        Assert.Equal(Large, file.Length);
        var number = new byte[sizeof(long)];
        for (var at = 0L; at < Large; at += Piece)
        {
            file.Position = at;
            await file.ReadExactlyAsync(number, Cancellation);
            Assert.Equal(at, BitConverter.ToInt64(number));
        }
    }

    /// <summary>One receiver's life: tails that touch, from the start of the segment; returns how far it came.</summary>
    private async Task<int> LifeAsync(Random random, string name, byte[] content, int end)
    {
        string? previous = null;
        for (var (at, next) = (0, 0); at < end; at = next)
        {
            next = Math.Min(end, at + random.Next(1, Size / 3));
            previous = await Objects.PutTailAsync(name, at, content.AsMemory(at, next - at), null, previous, Cancellation);
        }

        return end;
    }
}
