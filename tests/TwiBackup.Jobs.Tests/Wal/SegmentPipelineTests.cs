using System.Diagnostics;
using System.Security.Cryptography;
using TwiBackup.Postgres;
using TwiBackup.Progress;
using TwiBackup.Tests.Database;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Wal;

/// <summary>Puts end in any order; what may be acknowledged does not (invariant 4).</summary>
public sealed class SegmentPipelineTests
{
    private const int Size = 1 << 20;

    private static readonly WalLayout Layout = new(WalTest.System, 15, 7301234567890123456);

    [Fact]
    public async Task Nothing_behind_a_segment_that_is_not_stored_yet_may_be_acknowledged_though_it_is_stored()
    {
        await using var test = WalTest.Create();
        var (first, third) = (new TaskCompletionSource(), new TaskCompletionSource());
        var store = new HookStore(test.Store)
        {
            BeforeWrite = key => key.Contains("000000010000000000000001-", StringComparison.Ordinal) ? first.Task
                : key.Contains("000000010000000000000003-", StringComparison.Ordinal) ? third.Task : Task.CompletedTask,
        };
        var begin = new Lsn(Size);
        await using var pipeline = new SegmentPipeline(
            new WalObjects(store, test.Keys, Layout, test.Tell), Size, TimeSpan.FromMinutes(1), Puts(test), () => { });
        try
        {
            pipeline.Begin(1, begin);
            var taken = 0;
            // The second and those behind the third are stored; as many are taken as there is room for.
            while (taken < 12 && await pipeline.AppendAsync(begin + (ulong)(taken * Size), RandomNumberGenerator.GetBytes(Size), TimeSpan.FromSeconds(3), WalTest.Cancellation))
                taken++;
            Assert.Equal(begin, pipeline.Durable);
            Assert.False(pipeline.HasDurable);

            first.SetResult();
            await test.UntilAsync(() => pipeline.Durable > begin, "the first is durable");
            Assert.Equal(begin + 2 * Size, pipeline.Durable);
            third.SetResult();
            await pipeline.DrainAsync(WalTest.Cancellation).WaitAsync(TimeSpan.FromSeconds(30), WalTest.Cancellation);
            Assert.Equal(begin + (ulong)(taken * Size), pipeline.Durable);
            Assert.Equal(taken, (await test.KeysAsync(Layout.TimelineFolder(1))).Count(key => key.Split('/').Length == 5));
        }
        finally
        {
            first.TrySetResult();
            third.TrySetResult();
        }
    }

    [Fact]
    public async Task There_are_no_tails_while_segments_fill_faster_than_the_flush_interval_and_one_when_they_no_longer_do()
    {
        await using var test = WalTest.Create();
        var interval = TimeSpan.FromMilliseconds(400);
        var begin = new Lsn(Size);
        await using var pipeline = new SegmentPipeline(new WalObjects(test.Store, test.Keys, Layout, test.Tell), Size, interval, Puts(test), () => { });
        pipeline.Begin(1, begin);
        var half = RandomNumberGenerator.GetBytes(Size / 2);
        var (watch, slow) = (Stopwatch.StartNew(), 0);
        while (watch.Elapsed < 4 * interval)
        {
            var (begun, before) = (watch.Elapsed, pipeline.Received);
            Assert.True(await pipeline.AppendAsync(pipeline.Received, half, TimeSpan.FromSeconds(30), WalTest.Cancellation));
            // Half a segment is nearly always there to be taken for a tail.
            await test.UntilAsync(() => pipeline.Durable >= before, "the segment before is durable");
            Assert.True(await pipeline.AppendAsync(pipeline.Received, half, TimeSpan.FromSeconds(30), WalTest.Cancellation));
            // A machine that stood still between the halves owes a tail.
            slow += watch.Elapsed - begun > interval / 2 ? 1 : 0;
        }

        Assert.InRange((await TailsAsync(test)).Count, 0, slow);

        Assert.True(await pipeline.AppendAsync(pipeline.Received, half, TimeSpan.FromSeconds(30), WalTest.Cancellation));
        var waits = Stopwatch.StartNew();
        await test.UntilAsync(() => pipeline.Durable == pipeline.Received, "the half segment is durable");
        Assert.InRange(waits.Elapsed, interval / 2, TimeSpan.FromSeconds(30));
        var tail = Assert.Single(await TailsAsync(test), key => key.Contains(WalSegment.Containing(pipeline.Received, 1, Size).Name, StringComparison.Ordinal));
        Assert.Contains($"/{0:X8}-", tail, StringComparison.Ordinal);
    }

    private static StorePuts Puts(WalTest test) =>
        new(new OutageVoice(WalEventKind.StoreOutage, null, "x", test.Tell, SilentProgress.Instance, TimeProvider.System), TimeProvider.System);

    private static async Task<List<string>> TailsAsync(WalTest test) =>
        [.. (await test.KeysAsync(Layout.TimelineFolder(1))).Where(key => key.Split('/').Length > 5)];
}
