using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Sealing;
using TwiBackup.Tests.Sealing;
using TwiBackup.Wal;
using ZstdSharp.Unsafe;

namespace TwiBackup.Tests.Wal;

/// <summary>What was compressed for a tail is not compressed again for its segment.</summary>
public sealed class SegmentPackingTests
{
    private const int Size = 4 << 20;
    private const int KiB = 1 << 10;

    [Fact]
    public async Task A_whole_segment_takes_over_what_its_tails_have_compressed()
    {
        await using var test = WalTest.Create();
        var layout = new WalLayout(WalTest.System, 15, 7_300_000_000_000_000_000);
        var objects = new WalObjects(test.Store, test.Keys, layout, test.Tell);
        var puts = new StorePuts(new OutageVoice(WalEventKind.StoreOutage, null, "out", test.Tell, SilentProgress.Instance, TimeProvider.System), TimeProvider.System);
        await using var pipeline = new SegmentPipeline(objects, Size, TimeSpan.FromHours(1), puts, () => { });
        var segment = new WalSegment(1, 5, Size);
        var content = Samples.Bytes(Size);
        pipeline.Begin(1, segment.Start);
        var at = 0;
        // Two tails that are worth keeping, and one that is too small.
        foreach (var length in (int[])[1024 * KiB, 600 * KiB, 100 * KiB, Size - 1724 * KiB])
        {
            Assert.True(await pipeline.AppendAsync(pipeline.Received, content.AsMemory(at, length), TimeSpan.FromSeconds(10), WalTest.Cancellation));
            at += length;
            await pipeline.DrainAsync(WalTest.Cancellation);
        }

        var keys = await test.KeysAsync(layout.SegmentPrefix(segment.Name));
        Assert.Equal(3, keys.Count(key => key.Contains($"{segment.Name}/", StringComparison.Ordinal)));
        var whole = Assert.Single(keys, key => key.Contains($"{segment.Name}-", StringComparison.Ordinal));
        using var opened = new MemoryStream();
        await new SignedObjects(test.Store, test.ReadKeys).ReadAsync(whole, opened, Size, null, WalTest.Cancellation);
        Assert.Equal(content, opened.ToArray());
        // Two that were there, the rest in frames of 1 MiB, and the signature.
        Assert.Equal(6, CountFrames(await PayloadAsync(test, whole)));
    }

    private static async Task<byte[]> PayloadAsync(WalTest test, string key)
    {
        await using var source = await test.Store.OpenReadAsync(key, null, null, WalTest.Cancellation);
        using var age = new AgeReader(source, test.ReadKeys.Identities, key);
        using var payload = new MemoryStream();
        while (!age.Ended)
        {
            if (age.TryNext(out var chunk))
                payload.Write(chunk.Span);
            else if (!age.Ended)
                await age.FillAsync(WalTest.Cancellation);
        }

        return payload.ToArray();
    }

    private static unsafe int CountFrames(byte[] payload)
    {
        var count = 0;
        fixed (byte* start = payload)
        {
            for (nuint at = 0; at < (nuint)payload.Length; count++)
                at += Methods.ZSTD_findFrameCompressedSize(start + at, (nuint)payload.Length - at);
        }

        return count;
    }
}
