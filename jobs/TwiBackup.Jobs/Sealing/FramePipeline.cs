using System.Buffers;
using System.Collections.Concurrent;
using System.Threading.Channels;

namespace TwiBackup.Sealing;

/// <summary>
/// Compresses frames on threads of its own and hands them in order to the encryption. See <see cref="SealingStream"/> for the threads.
/// </summary>
/// <remarks>
/// Memory: at most <c>Workers + 2</c> plain buffers (being filled, waiting, being compressed; the caller's counts) and <c>Workers +
/// 1</c> packed ones. A worker takes a packed buffer before it takes a frame, so that the oldest frame always has one: else the younger
/// could hold all of them while the writer waits for the oldest.
/// </remarks>
internal sealed class FramePipeline : IAsyncDisposable
{
    private readonly AgeWriter _age;
    private readonly SealOptions _options;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _freePlain;
    private readonly ConcurrentBag<byte[]> _plain = [];
    private readonly BlockingCollection<byte[]> _packed = [];
    private readonly BlockingCollection<Frame> _waiting = [];
    private readonly Channel<Frame> _ordered = Channel.CreateUnbounded<Frame>();
    private readonly List<Thread> _workers = [];
    private readonly Task _writer;

    public FramePipeline(AgeWriter age, SealOptions options)
    {
        (_age, _options) = (age, options);
        _freePlain = new SemaphoreSlim(options.Workers + 1);
        for (var i = 0; i <= options.Workers; i++) _packed.Add([]);
        _writer = WriteAsync();
    }

    /// <summary>
    /// Takes over <paramref name="plain"/> (of the shared pool) and returns another to fill; waits while too many are under way.
    /// </summary>
    public async ValueTask<byte[]> SubmitAsync(byte[] plain, int length, CancellationToken cancellationToken)
    {
        Enqueue(plain, length);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
        try
        {
            await _freePlain.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The writer stopped, and knows why.
            await _writer;
        }
        return _plain.TryTake(out var next) ? next : ArrayPool<byte>.Shared.Rent(_options.FrameSize);
    }

    /// <summary>Takes the last frame, and returns when all are with the encryption.</summary>
    public async Task CompleteAsync(byte[] plain, int length, CancellationToken cancellationToken)
    {
        Enqueue(plain, length);
        _waiting.CompleteAdding();
        _ordered.Writer.Complete();
        await using var cancelled = cancellationToken.UnsafeRegister(static stop => ((CancellationTokenSource)stop!).Cancel(), _stop);
        try
        {
            await _writer;
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw;
        }
    }

    /// <summary>Ends threads and writer, wherever they are; returns when they have ended.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _writer.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        EndWorkers();
    }

    /// <summary>As <see cref="DisposeAsync"/>, holding the caller's thread.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        ((IAsyncResult)_writer).AsyncWaitHandle.WaitOne();
        EndWorkers();
    }

    private void EndWorkers()
    {
        foreach (var worker in _workers) worker.Join();
        _workers.Clear();
        foreach (var frame in _waiting) _plain.Add(frame.Plain);
        while (_plain.TryTake(out var plain)) ArrayPool<byte>.Shared.Return(plain);
        _waiting.Dispose();
        _packed.Dispose();
        _freePlain.Dispose();
        _stop.Dispose();
    }

    private void Enqueue(byte[] plain, int length)
    {
        var frame = new Frame(plain, length);
        _ordered.Writer.TryWrite(frame);
        _waiting.Add(frame);
        if (_workers.Count == _options.Workers) return;
        var worker = new Thread(Compress) { IsBackground = true, Name = "seal" };
        _workers.Add(worker);
        worker.Start();
    }

    private void Compress()
    {
        ZstdCompressor? compressor = null;
        try
        {
            while (true)
            {
                var packed = _packed.Take(_stop.Token);
                if (!_waiting.TryTake(out var frame, Timeout.Infinite, _stop.Token)) return;
                Compress(ref compressor, frame, packed);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped: nobody waits for the frames that are left.
        }
        finally
        {
            compressor?.Dispose();
        }
    }

    private void Compress(ref ZstdCompressor? compressor, Frame frame, byte[] packed)
    {
        try
        {
            compressor ??= new ZstdCompressor(_options.Level);
            var bound = ZstdCompressor.Bound(frame.PlainLength);
            if (packed.Length < bound) packed = GC.AllocateUninitializedArray<byte>(bound);
            var length = compressor.Compress(frame.Plain.AsSpan(0, frame.PlainLength), packed);
            frame.Packed.SetResult(new ArraySegment<byte>(packed, 0, length));
        }
        catch (Exception e)
        {
            frame.Packed.SetException(e);
        }
        _plain.Add(frame.Plain);
        _freePlain.Release();
    }

    private async Task WriteAsync()
    {
        try
        {
            await foreach (var frame in _ordered.Reader.ReadAllAsync(_stop.Token))
            {
                var packed = await frame.Packed.Task.WaitAsync(_stop.Token);
                await _age.WriteAsync(packed, _stop.Token);
                _packed.Add(packed.Array!);
            }
        }
        catch
        {
            // Wakes who waits for a buffer; the reason is this task's.
            await _stop.CancelAsync();
            throw;
        }
    }
}
