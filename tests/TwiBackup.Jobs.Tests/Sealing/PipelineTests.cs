using TwiBackup.Sealing;
using static TwiBackup.Tests.Sealing.Samples;

namespace TwiBackup.Tests.Sealing;

[Collection(nameof(ProcessWideCollection))]
public sealed class PipelineTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly SealOptions Small = new(Level: 1, Workers: 3, FrameSize: 64 * KiB);

    [Fact]
    public async Task Workers_run_while_it_writes_and_none_is_left_when_it_is_disposed()
    {
        var reached = new TaskCompletionSource();
        var sealing = new SealingStream(Blocked(reached), [Identity.Recipient], Small);
        await sealing.WriteAsync(Bytes(250 * KiB));
        Assert.InRange(WorkerThreads(), 1, 3);
        await sealing.DisposeAsync().AsTask().WaitAsync(Patience);
        AssertNoWorker();
    }

    [Fact]
    public async Task A_completed_one_leaves_no_thread_either()
    {
        for (var i = 0; i < 20; i++) await SealAsync(Bytes(MiB), Small);
        AssertNoWorker();
    }

    [Fact]
    public async Task A_write_that_waits_for_the_sink_can_be_cancelled_and_leaves_no_thread()
    {
        var reached = new TaskCompletionSource();
        using var cancel = new CancellationTokenSource();
        await using (var sealing = new SealingStream(Blocked(reached), [Identity.Recipient], Small))
        {
            var writing = sealing.WriteAsync(Bytes(16 * MiB), cancel.Token).AsTask();
            await reached.Task.WaitAsync(Patience);
            Assert.False(writing.IsCompleted);
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing.WaitAsync(Patience));
            // A part was taken: an object without the rest must not be completed.
            await Assert.ThrowsAsync<InvalidOperationException>(() => sealing.CompleteAsync(default, default));
        }
        AssertNoWorker();
    }

    [Fact]
    public async Task A_completion_that_waits_for_the_sink_can_be_cancelled()
    {
        var reached = new TaskCompletionSource();
        using var cancel = new CancellationTokenSource();
        await using (var sealing = new SealingStream(Blocked(reached), [Identity.Recipient], Small))
        {
            await sealing.WriteAsync(new byte[100 * KiB]);
            await sealing.WriteAsync(Bytes(100 * KiB));
            var completing = sealing.CompleteAsync(default, cancel.Token);
            await reached.Task.WaitAsync(Patience);
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => completing.WaitAsync(Patience));
        }
        AssertNoWorker();
    }

    [Fact]
    public async Task A_failure_of_the_sink_reaches_the_writer()
    {
        var written = 0L;
        var failing = new FakeSink((bytes, _) =>
            (written += bytes.Length) > 2 * MiB ? throw new IOException("the disk is full") : ValueTask.CompletedTask);
        await using (var sealing = new SealingStream(failing, [Identity.Recipient], Small))
        {
            var failure = await Assert.ThrowsAsync<IOException>(async () =>
            {
                for (var i = 0; i < 1000; i++) await sealing.WriteAsync(Bytes(MiB, seed: i)).AsTask().WaitAsync(Patience);
            });
            Assert.Equal("the disk is full", failure.Message);
        }
        await using (var sealing = new SealingStream(failing, [Identity.Recipient], Small))
        {
            await sealing.WriteAsync(Bytes(100 * KiB));
            var failure = await Assert.ThrowsAsync<IOException>(() => sealing.CompleteAsync(default, default).WaitAsync(Patience));
            Assert.Equal("the disk is full", failure.Message);
        }
        AssertNoWorker();
    }

    [Fact]
    public async Task A_slow_sink_holds_the_writer_back()
    {
        var reached = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        var sink = new FakeSink(async (_, cancellationToken) =>
        {
            reached.TrySetResult();
            await release.Task.WaitAsync(cancellationToken);
        });
        await using var sealing = new SealingStream(sink, [Identity.Recipient], Small);
        var taken = 0;
        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < 400; i++, taken++) await sealing.WriteAsync(Bytes(64 * KiB, seed: i));
        });
        await reached.Task.WaitAsync(Patience);
        // A batch of the sink is about 1 MiB of compressed bytes; besides that only the frames that are under way may have been taken.
        Assert.InRange(taken, 1, 60);
        Assert.False(writing.IsCompleted);
        release.SetResult();
        await writing.WaitAsync(Patience);
        await sealing.CompleteAsync(default, default);
    }

    [Fact]
    public async Task Two_workers_need_less_than_100_MiB_however_long_the_plaintext()
    {
        var block = Bytes(MiB);
        await SealAsync(block);
        GC.Collect();
        var before = GC.GetTotalAllocatedBytes(precise: true);
        await using (var sealing = new SealingStream(Stream.Null, [Identity.Recipient], new SealOptions(Level: 1, Workers: 2)))
        {
            for (var i = 0; i < 250; i++) await sealing.WriteAsync(block);
            await sealing.CompleteAsync(default, default);
        }
        // Everything that was ever allocated, also what was given back: an upper bound.
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 100L * MiB);
    }

    [Fact]
    public async Task A_small_object_needs_little_memory_and_no_thread()
    {
        var (plain, trailer) = (Bytes(3000), Bytes(500));
        await SealAsync(plain, trailer: trailer);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        for (var i = 0; i < 100; i++)
        {
            await using var sealing = new SealingStream(Stream.Null, [Identity.Recipient], new SealOptions());
            await sealing.WriteAsync(plain);
            await sealing.CompleteAsync(trailer, default);
        }
        Assert.InRange((GC.GetTotalAllocatedBytes(precise: true) - before) / 100, 0, 32 * KiB);
        await using var one = new SealingStream(Stream.Null, [Identity.Recipient], new SealOptions(FrameSize: MiB));
        await one.WriteAsync(Bytes(MiB));
        Assert.Equal(0, WorkerThreads());
        await one.CompleteAsync(trailer, default);
        AssertNoWorker();
    }

    [Fact]
    public async Task A_dispose_that_does_not_wait_asynchronously_ends_it_too()
    {
        var reached = new TaskCompletionSource();
        var sealing = new SealingStream(Blocked(reached), [Identity.Recipient], Small);
        await sealing.WriteAsync(Bytes(150 * KiB));
        await Task.Run(sealing.Dispose).WaitAsync(Patience);
        AssertNoWorker();
    }

    private static FakeSink Blocked(TaskCompletionSource reached) => new(async (_, cancellationToken) =>
    {
        reached.TrySetResult();
        await Task.Delay(Timeout.Infinite, cancellationToken);
    });

    /// <summary>A thread that was joined is still listed until the kernel has cleaned up behind it.</summary>
    private static void AssertNoWorker() => Assert.True(SpinWait.SpinUntil(() => WorkerThreads() == 0, Patience), "a worker is left");

    private static int WorkerThreads() =>
        Directory.GetDirectories("/proc/self/task").Count(thread => ReadName(Path.Combine(thread, "comm")) == "seal");

    private static string ReadName(string file)
    {
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The thread ended meanwhile.
            return "";
        }
    }
}
