using System.Buffers;
using System.Security.Cryptography;

namespace TwiBackup.Sealing;

/// <summary>
/// Write plaintext; zstd frames inside age v1 arrive at the sink. Only <see cref="CompleteAsync"/> finishes the format:
/// without it what was written can't be opened. Disposing does not dispose the sink. Not thread safe.
/// </summary>
/// <remarks>
/// <para>Threads. The caller's fills a buffer of one frame and hashes. Up to <see cref="SealOptions.Workers"/> threads of this stream's own
/// compress filled buffers (own ones, because compression would keep the thread pool from whatever feeds this stream). One task takes the
/// results in order, encrypts, and writes to the sink. A full pipeline makes
/// <see cref="WriteAsync(ReadOnlyMemory{byte}, CancellationToken)"/> wait; what goes wrong behind surfaces in the next write or in
/// <see cref="CompleteAsync"/>. Disposing ends task and threads and waits for that.</para>
/// <para>What fits one frame starts none of this: <see cref="CompleteAsync"/> does it all at once, with buffers of the content's
/// size.</para>
/// <para>Frames carry their content's size, and no checksum: age authenticates every byte of them.</para>
/// <para>Memory: 8 MiB frames and 2 workers need 56 MiB and two zstd contexts; each worker more, 16 MiB and a context.</para>
/// </remarks>
public sealed class SealingStream : Stream
{
    private const int SmallestBuffer = 4 << 10;
    private readonly SealOptions _options;
    private readonly AgeWriter _age;
    private readonly IncrementalHash? _hash;
    private FramePipeline? _pipeline;
    private byte[]? _frame;
    private int _filled;
    private State _state;

    /// <summary>Starts an object for all of <paramref name="recipients"/>; writes nothing yet.</summary>
    /// <exception cref="TwiBackupException">There is no recipient.</exception>
    public SealingStream(Stream sink, IReadOnlyList<AgeRecipient> recipients, SealOptions options)
    {
        ArgumentNullException.ThrowIfNull(sink);
        ArgumentNullException.ThrowIfNull(recipients);
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        _options = options;
        _age = new AgeWriter(sink, recipients);
        _hash = options.HashPlaintext ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
    }

    private enum State
    {
        Open,
        Broken,
        Completed,
        Disposed,
    }

    /// <summary>Plaintext bytes written so far.</summary>
    public long PlainLength { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => _state == State.Open;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>
    /// SHA-256 of the plaintext. Flushes nothing; valid once all plaintext is written, also before and after <see cref="CompleteAsync"/>.
    /// Throws <see cref="InvalidOperationException"/> without <see cref="SealOptions.HashPlaintext"/>.
    /// </summary>
    public byte[] GetPlainSha256() =>
        _hash?.GetCurrentHash() ?? throw new InvalidOperationException($"{nameof(SealOptions.HashPlaintext)} is off.");

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        EnsureOpen();
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled(cancellationToken);
        _hash?.AppendData(buffer.Span);
        PlainLength += buffer.Length;
        var rest = buffer[Fill(buffer.Span)..];
        return rest.IsEmpty ? ValueTask.CompletedTask : WriteFramesAsync(rest, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Not supported: writing waits for threads and sink, which a thread must not be held for.</summary>
    public override void Write(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException($"Use {nameof(WriteAsync)}.");

    /// <summary>
    /// Ends the frames, appends <paramref name="trailer"/> (if not empty, at most 64 KiB) as a zstd skippable frame, and ends the age
    /// payload. Returns when the sink took everything. Nothing can be written afterwards.
    /// </summary>
    public async Task CompleteAsync(ReadOnlyMemory<byte> trailer, CancellationToken cancellationToken)
    {
        EnsureOpen();
        var end = trailer.IsEmpty ? [] : SkippableFrame.Write(trailer.Span);
        _state = State.Broken;
        if (_pipeline is null) await WriteOnlyFrameAsync(cancellationToken);
        else await _pipeline.CompleteAsync(TakeFrame(), _filled, cancellationToken);
        await _age.WriteAsync(end, cancellationToken);
        await _age.CompleteAsync(cancellationToken);
        _state = State.Completed;
    }

    /// <summary>Does nothing: a part of a frame can't be opened, so there is nothing to be flushed.</summary>
    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (_state != State.Disposed && _pipeline is not null) await _pipeline.DisposeAsync();
        _pipeline = null;
        await base.DisposeAsync();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && _state != State.Disposed)
        {
            _state = State.Disposed;
            _pipeline?.Dispose();
            _age.Dispose();
            _hash?.Dispose();
            if (_frame is not null) ArrayPool<byte>.Shared.Return(TakeFrame());
        }
        base.Dispose(disposing);
    }

    private void EnsureOpen()
    {
        ObjectDisposedException.ThrowIf(_state == State.Disposed, this);
        if (_state == State.Completed) throw new InvalidOperationException("The sealed object is complete already.");
        if (_state == State.Broken) throw new InvalidOperationException("An earlier write failed: the sealed object can't be completed.");
    }

    private async ValueTask WriteFramesAsync(ReadOnlyMemory<byte> rest, CancellationToken cancellationToken)
    {
        _state = State.Broken;
        _pipeline ??= new FramePipeline(_age, _options);
        while (!rest.IsEmpty)
        {
            // A full frame leaves only when more follows it: a plaintext of just one frame needs no threads.
            var full = TakeFrame();
            _frame = await _pipeline.SubmitAsync(full, _filled, cancellationToken);
            _filled = 0;
            rest = rest[Fill(rest.Span)..];
        }
        _state = State.Open;
    }

    private int Fill(ReadOnlySpan<byte> source)
    {
        var taken = Math.Min(source.Length, _options.FrameSize - _filled);
        Reserve(_filled + taken);
        source[..taken].CopyTo(_frame.AsSpan(_filled));
        _filled += taken;
        return taken;
    }

    /// <summary>Grows the buffer with the content, by doubling: a few KB of WAL need no frame of 8 MiB.</summary>
    private void Reserve(int needed)
    {
        if (_frame is not null && _frame.Length >= needed) return;
        var grown = ArrayPool<byte>.Shared.Rent(Math.Min(_options.FrameSize, Math.Max(needed, Math.Max(2 * _filled, SmallestBuffer))));
        if (_frame is not null)
        {
            _frame.AsSpan(0, _filled).CopyTo(grown);
            ArrayPool<byte>.Shared.Return(_frame);
        }
        _frame = grown;
    }

    private byte[] TakeFrame()
    {
        var frame = _frame!;
        _frame = null;
        return frame;
    }

    private async Task WriteOnlyFrameAsync(CancellationToken cancellationToken)
    {
        var packed = ArrayPool<byte>.Shared.Rent(ZstdCompressor.Bound(_filled));
        using (var compressor = new ZstdCompressor(_options.Level))
        {
            var length = compressor.Compress(_frame.AsSpan(0, _filled), packed);
            await _age.WriteAsync(packed.AsMemory(0, length), cancellationToken);
        }
        ArrayPool<byte>.Shared.Return(packed);
    }
}
