using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;

namespace TwiBackup.Postgres.Replication;

/// <summary>
/// A connected socket as a stream whose reads that have to wait are served, and continued, by a thread of its own. A walsender sends
/// 8 KiB at a time; through the thread pool each such piece costs more in switching threads than in copying (measured: 1.8 CPU seconds a GB
/// against 0.5). The socket must not have been used for asynchronous calls of the runtime that had to wait. One read at a time; writes may
/// run beside it. A cancelled read has taken nothing from the socket.
/// </summary>
/// <remarks>
/// A server under load sends each commit's WAL by itself, and waking up for it costs more than all that is done with it. So whoever need
/// not have a byte at once sets <see cref="Gather"/>: after a read that brought little, the next one first lets more come together.
/// </remarks>
internal sealed partial class SocketStream(Socket socket) : Stream, IValueTaskSource<int>
{
    private const int _idle = 0, _requested = 1, _completing = 2;
    private const short _pollIn = 1;

    // A read of less than this, though its buffer had room, was early. Far below a socket's buffer: gathering never holds up a busy sender.
    private const int _little = 16 * 1024;

    private const int _interrupted = 4;

    private static readonly int _dontWait = OperatingSystem.IsMacOS() ? 0x80 : 0x40;
    private static readonly int _wouldBlock = OperatingSystem.IsMacOS() ? 35 : 11;

    private readonly AutoResetEvent _wanted = new(false);
    private ManualResetValueTaskSourceCore<int> _core;
    private CancellationTokenRegistration _registration;
    private CancellationToken _token;
    private Memory<byte> _target;
    private Thread? _thread;
    private int _state;
    private bool _wasLittle;
    private volatile bool _disposed;

    /// <summary>How long bytes may gather behind a read that brought little. Zero: they need not.</summary>
    public TimeSpan Gather { get; set; }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<int>(cancellationToken);
        try
        {
            if (!Gathers && TryReceive(buffer.Span, out var count))
                return new ValueTask<int>(count);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return ValueTask.FromException<int>(e);
        }
        _core.Reset();
        _target = buffer;
        _token = cancellationToken;
        Volatile.Write(ref _state, _requested);
        _registration = cancellationToken.UnsafeRegister(static stream => ((SocketStream)stream!).Cancel(), this);
        if (_thread is null)
        {
            _thread = new Thread(Serve) { IsBackground = true, Name = "replication socket" };
            _thread.Start();
        }
        if (Environment.CurrentManagedThreadId != _thread.ManagedThreadId)
            _wanted.Set();
        return new ValueTask<int>(this, _core.Version);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            while (buffer.Length > 0)
                buffer = buffer[await socket.SendAsync(buffer, SocketFlags.None, cancellationToken)..];
        }
        catch (SocketException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    int IValueTaskSource<int>.GetResult(short token)
    {
        _registration.Dispose();
        return _core.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            try
            {
                // Wakes the thread out of poll.
                socket.Shutdown(SocketShutdown.Both);
            }
            catch (SocketException)
            {
                // The other side was first.
            }
            _wanted.Set();
            socket.Dispose();
        }
        base.Dispose(disposing);
    }

    private bool Gathers => _wasLittle && Gather > TimeSpan.Zero;

    // The thread, not the one who cancels, runs what follows: it may be long.
    private void Cancel()
    {
        if (Interlocked.CompareExchange(ref _state, _completing, _requested) == _requested)
            ThreadPool.UnsafeQueueUserWorkItem(
                static stream => stream.Fail(new OperationCanceledException(stream._token)), this, preferLocal: false);
    }

    private void Serve()
    {
        do
        {
            _wanted.WaitOne();
            while (Volatile.Read(ref _state) == _requested)
                ServeOne();
        }
        while (!_disposed);
    }

    private void ServeOne()
    {
        try
        {
            if (Gathers)
                Thread.Sleep(Gather);
            WaitForData();
            if (Interlocked.CompareExchange(ref _state, _completing, _requested) != _requested)
                return;
            if (TryReceive(_target.Span, out var count))
            {
                _target = default;
                Volatile.Write(ref _state, _idle);
                _core.SetResult(count);
                return;
            }
            // Taken by somebody's direct read before. A cancellation that came meanwhile found no request.
            Volatile.Write(ref _state, _requested);
            if (_token.IsCancellationRequested)
                Cancel();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            if (Interlocked.CompareExchange(ref _state, _completing, _requested) is _requested or _completing)
                Fail(e);
        }
    }

    private void Fail(Exception error)
    {
        _target = default;
        Volatile.Write(ref _state, _idle);
        _core.SetException(error);
    }

    // False: nothing is there yet.
    private unsafe bool TryReceive(Span<byte> buffer, out int count)
    {
        while (true)
        {
            fixed (byte* start = buffer)
                count = (int)Receive(socket.SafeHandle, start, (nuint)buffer.Length, _dontWait);
            if (count >= 0)
            {
                _wasLittle = count < Math.Min(buffer.Length, _little);
                return true;
            }
            var error = Marshal.GetLastPInvokeError();
            if (error == _wouldBlock)
                return false;
            if (error != _interrupted)
                throw new IOException(Marshal.GetPInvokeErrorMessage(error));
        }
    }

    private void WaitForData()
    {
        var handle = socket.SafeHandle;
        var held = false;
        try
        {
            handle.DangerousAddRef(ref held);
            var wait = new PollEntry { Descriptor = (int)handle.DangerousGetHandle(), Events = _pollIn };
            _ = Poll(ref wait, 1, -1);
        }
        finally
        {
            if (held)
                handle.DangerousRelease();
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static unsafe partial nint Receive(SafeSocketHandle socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref PollEntry entries, nuint count, int milliseconds);
}
