using TwiBackup.Postgres;
using TwiBackup.Postgres.Replication;
using TwiBackup.Sealing;

namespace TwiBackup.Wal;

/// <summary>
/// From received WAL to durable objects. The reader fills pooled buffers; full ones are put as whole segments, up to three at once;
/// the bytes of the one being filled are put as a tail when the oldest of them came a flush interval ago, so there is none where
/// segments fill faster than that. Acknowledgeable (<see cref="Durable"/>) is
/// only what is durable without a hole before it. Puts are tried until they succeed: when the store is out, the buffers fill up, the
/// reader stalls, and the server keeps the WAL. Segments of more than 64 MiB are put as tails of at most 16 MiB and never as a whole.
/// </summary>
internal sealed class SegmentPipeline : IAsyncDisposable
{
    /// <summary>Segments up to this size are held whole.</summary>
    public const int LargestWhole = 64 << 20;

    /// <summary>The largest tail of larger segments.</summary>
    public const int PieceSize = 16 << 20;

    private const int MemoryBound = 128 << 20;
    private const int PutsAtOnce = 3;

    private readonly WalObjects _objects;
    private readonly int _segmentSize;
    private readonly TailTimer _tailTimer;
    private readonly StorePuts _store;
    private readonly Action _onDurable;
    private readonly bool _pieces;
    private readonly int _capacity;
    private readonly Lock _sync = new();
    private readonly Queue<SegmentBuffer> _pending = new();
    private readonly Stack<SegmentBuffer> _idle = new();
    private readonly List<Task> _puts = [];
    private readonly SemaphoreSlim _free;
    private readonly SemaphoreSlim _gate;
    private readonly SemaphoreSlim _bytesCame = new(0, 1);
    private readonly SemaphoreSlim _flush = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _tails;

    private MarkTracker _marks = new();
    private SegmentBuffer? _current;
    private string? _previous;
    private WalMark? _storedMark;
    private WalSegment _previousOf;
    private uint _timeline;
    private Lsn _begin;
    private Lsn _received;
    private Lsn _durable;
    private bool _tailPending;
    private bool _drains;
    private TaskCompletionSource? _drained;

    /// <param name="onDurable">Called when <see cref="Durable"/> moved; must not block.</param>
    public SegmentPipeline(WalObjects objects, int segmentSize, TimeSpan flushInterval, StorePuts store, Action onDurable)
    {
        (_objects, _segmentSize, _tailTimer, _store, _onDurable) = (objects, segmentSize, new TailTimer(flushInterval), store, onDurable);
        _pieces = segmentSize > LargestWhole;
        _capacity = _pieces ? PieceSize : segmentSize;
        _free = new SemaphoreSlim(Math.Clamp(MemoryBound / _capacity, 2, PutsAtOnce + 1));
        // Tails of one segment are linked each to the one before, so pieces go one after the other.
        _gate = new SemaphoreSlim(_pieces ? 1 : PutsAtOnce);
        _tails = Task.Run(PutTailsAsync);
    }

    /// <summary>The end of what came.</summary>
    public Lsn Received => Read(ref _received);

    /// <summary>Everything before it, from where the stream began, is in the store.</summary>
    public Lsn Durable => Read(ref _durable);

    /// <summary>Whether something became durable since <see cref="Begin"/>.</summary>
    public bool HasDurable
    {
        get
        {
            lock (_sync)
                return _durable > _begin;
        }
    }

    /// <summary>The newest proven mark that the store could be given, or null.</summary>
    public WalMark? NewestMark
    {
        get
        {
            lock (_sync)
                return _marks.Newest;
        }
    }

    /// <summary>The newest mark that a stored tail or segment carries, or null.</summary>
    public WalMark? StoredMark
    {
        get
        {
            lock (_sync)
                return _storedMark;
        }
    }

    /// <summary>A stream begins at the start of a segment. Everything before must have been drained or given up.</summary>
    public void Begin(uint timeline, Lsn start)
    {
        lock (_sync)
        {
            foreach (var buffer in _pending)
                Release(buffer);
            _pending.Clear();
            _current = null;
            _tailTimer.Reset();
            // What a former stream said proves nothing about this one; it may be another timeline.
            _marks = new MarkTracker();
            (_timeline, _begin, _received, _durable) = (timeline, start, start, start);
        }
    }

    /// <summary>
    /// Takes WAL bytes that follow what came before, copying them. Waits when all buffers are full; false when none came free within
    /// <paramref name="patience"/>. What was taken until then stays.
    /// </summary>
    public async ValueTask<bool> AppendAsync(Lsn start, ReadOnlyMemory<byte> data, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (start != _received)
            throw new TwiBackupException($"The server sent WAL at {start} where {_received} was expected. Start the receiver again.");
        while (data.Length > 0)
        {
            if (_current is null && !await TakeBufferAsync(patience, cancellationToken))
                return false;
            data = data[Copy(data.Span)..];
        }

        return true;
    }

    /// <summary>Hears of every message of the current timeline, for marks; after its data was taken.</summary>
    public void Note(in WalMessage message, bool isAnswer)
    {
        lock (_sync)
            _marks.Add(message, _received, isAnswer);
    }

    /// <summary>Puts what there is now as a tail, without waiting for the interval.</summary>
    public void FlushNow() => _flush.Set();

    /// <summary>Flushes and waits until everything received is durable.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        Task drained;
        lock (_sync)
        {
            if (_durable >= _received)
                return;
            _drains = true;
            drained = (_drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }

        FlushNow();
        await drained.WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        await _stop.CancelAsync();
        Task[] puts;
        lock (_sync)
            puts = [.. _puts, _tails];
        await Task.WhenAll(puts).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _free.Dispose();
        _gate.Dispose();
        _bytesCame.Dispose();
        _flush.Dispose();
    }

    private async ValueTask<bool> TakeBufferAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        if (!await _free.WaitAsync(patience, cancellationToken))
            return false;
        lock (_sync)
        {
            if (!_idle.TryPop(out var buffer))
                buffer = new SegmentBuffer(_capacity);
            var segment = WalSegment.Containing(_received, _timeline, _segmentSize);
            buffer.Reset(segment, (long)(_received - segment.Start));
            _current = buffer;
            _pending.Enqueue(buffer);
            return true;
        }
    }

    private int Copy(ReadOnlySpan<byte> data)
    {
        var buffer = _current!;
        var take = Math.Min(data.Length, _capacity - buffer.Length);
        data[..take].CopyTo(buffer.Memory.AsSpan(buffer.Length));
        bool wake;
        lock (_sync)
        {
            buffer.Length += take;
            _received += (ulong)take;
            wake = !_tailPending;
            _tailPending = true;
            _tailTimer.Begin();
            if (buffer.Length == _capacity)
            {
                buffer.IsFull = true;
                buffer.Mark = _marks.Newest;
                _current = null;
                _tailTimer.Reset();
                buffer.Users++;
                _puts.RemoveAll(task => task.IsCompletedSuccessfully);
                _puts.Add(Task.Run(() => PutFullAsync(buffer)));
            }
        }

        if (wake)
            _bytesCame.Set();
        return take;
    }

    private async Task PutFullAsync(SegmentBuffer buffer)
    {
        await _gate.WaitAsync(_stop.Token);
        try
        {
            await _store.KeepTryingAsync(
                cancellation => _pieces
                    ? PutTailAsync(buffer, buffer.TailDurable, buffer.Length, buffer.Mark, cancellation)
                    : _objects.PutSegmentAsync(
                        buffer.Segment.Name, buffer.Memory.AsMemory(0, buffer.Length), FramesOf(buffer), buffer.Mark, cancellation),
                null,
                _stop.Token);
        }
        finally
        {
            _gate.Release();
        }

        lock (_sync)
        {
            buffer.IsDone = true;
            Stored(buffer.Mark);
            Release(buffer);
        }

        Advance();
    }

    private async Task PutTailsAsync()
    {
        while (true)
        {
            await _bytesCame.WaitAsync(_stop.Token);
            while (TimeToTail() is { } wait && !await _flush.WaitAsync(wait, _stop.Token))
            {
                // The buffer that waited may be full by now, and the one behind it young.
            }

            if (_pieces)
                await _gate.WaitAsync(_stop.Token);
            try
            {
                await PutTailOfCurrentAsync();
            }
            finally
            {
                if (_pieces)
                    _gate.Release();
            }
        }
    }

    private TimeSpan? TimeToTail()
    {
        lock (_sync)
            return _drains ? null : _tailTimer.Left;
    }

    private async Task PutTailOfCurrentAsync()
    {
        SegmentBuffer? buffer;
        int from, to;
        WalMark? mark;
        lock (_sync)
        {
            _tailPending = false;
            buffer = _current;
            // A large segment's tails are linked, so its pieces come before.
            if (buffer is null || buffer.Length == buffer.TailDurable || (_pieces && _pending.Peek() != buffer))
                return;
            (from, to, mark) = (buffer.TailDurable, buffer.Length, _marks.Newest);
            _tailTimer.Reset();
            buffer.Users++;
        }

        bool put;
        try
        {
            put = await _store.KeepTryingAsync(cancellation => PutTailAsync(buffer, from, to, mark, cancellation), () => buffer.IsFull, _stop.Token);
        }
        finally
        {
            lock (_sync)
                Release(buffer);
        }

        if (put)
            Advance();
    }

    private async Task PutTailAsync(SegmentBuffer buffer, int from, int to, WalMark? mark, CancellationToken cancellationToken)
    {
        if (to == from)
            return;
        var isFirst = buffer.Offset + from == 0 || _previousOf != buffer.Segment;
        var (sha, frame) = await _objects.PutPackedTailAsync(
            buffer.Segment.Name, buffer.Offset + from, buffer.Memory.AsMemory(from, to - from), mark, isFirst ? null : _previous, cancellationToken);
        lock (_sync)
        {
            (_previous, _previousOf) = (sha, buffer.Segment);
            if (frame is not null && !_pieces)
                buffer.Keep(frame, from);
            buffer.TailDurable = to;
            Stored(mark);
        }
    }

    /// <summary>A tail may still be under way when its segment is full.</summary>
    private List<PackedFrame> FramesOf(SegmentBuffer buffer)
    {
        lock (_sync)
            return [.. buffer.Frames];
    }

    private void Advance()
    {
        TaskCompletionSource? drained = null;
        var more = false;
        lock (_sync)
        {
            while (_pending.TryPeek(out var head))
            {
                var end = head.Start + (ulong)(head.IsDone ? head.Length : head.TailDurable);
                if (end > _durable)
                    _durable = end;
                if (!head.IsDone)
                    break;
                // Only now may it be filled anew: what is behind one that is not done yet still stands for its bytes here.
                Release(_pending.Dequeue());
            }

            if (_durable >= _received)
            {
                (drained, _drained) = (_drained, null);
                _drains = false;
            }
            else
            {
                // Bytes came while a tail was under way, or a large segment's tail waited for its pieces.
                more = _current is { } current && current.Length > current.TailDurable;
                _tailPending |= more;
            }
        }

        if (more)
            _bytesCame.Set();
        drained?.TrySetResult();
        _onDurable();
    }

    private void Release(SegmentBuffer buffer)
    {
        if (--buffer.Users > 0)
            return;
        _idle.Push(buffer);
        _free.Release();
    }

    private void Stored(WalMark? mark)
    {
        if (mark is not null && (_storedMark is null || mark.Time > _storedMark.Time))
            _storedMark = mark;
    }

    private Lsn Read(ref Lsn value)
    {
        lock (_sync)
            return value;
    }
}
