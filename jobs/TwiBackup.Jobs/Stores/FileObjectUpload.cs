using System.Buffers;

namespace TwiBackup.Stores;

/// <summary>
/// An object on its way into a file store: a temporary file, synced, then named. Small writes are gathered, large ones go through
/// without a copy.
/// </summary>
internal sealed class FileObjectUpload : ObjectUpload
{
    private const int SmallBuffer = 16 << 10;
    private const int LargeBuffer = 1 << 20;

    private readonly FileObjectStore _store;
    private readonly FileLayout _layout;
    private readonly string _key;
    private readonly PutCondition _condition;
    private readonly string _temporary;
    private readonly FileStream _file;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(SmallBuffer);
    private int _buffered;
    private long _written;
    private bool _closed;
    private bool _disposed;

    public FileObjectUpload(FileObjectStore store, FileLayout layout, string key, PutCondition condition)
    {
        _store = store;
        _layout = layout;
        _key = key;
        _condition = condition;
        _temporary = layout.NewTemporaryPath();
        _file = PrivateFile.Create(_temporary);
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ThrowIfClosed();
        cancellationToken.ThrowIfCancellationRequested();
        if (buffer.Length <= _buffer.Length - _buffered)
        {
            Gather(buffer);
            return;
        }
        try
        {
            // The first full buffer tells that the object is not a small one.
            if (_buffer.Length < LargeBuffer && buffer.Length < LargeBuffer)
                GrowBuffer();
            while (buffer.Length > 0)
            {
                if (_buffered == 0 && buffer.Length >= LargeBuffer)
                {
                    await WriteThroughAsync(buffer[..LargeBuffer], cancellationToken);
                    buffer = buffer[LargeBuffer..];
                    continue;
                }
                var part = Math.Min(buffer.Length, _buffer.Length - _buffered);
                Gather(buffer[..part]);
                buffer = buffer[part..];
                if (_buffered == _buffer.Length)
                    await WriteBufferAsync(cancellationToken);
            }
        }
        catch (Exception failure) when (FileErrors.IsFileFailure(failure))
        {
            throw _store.Explain(failure, $"writing {_key}");
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("Objects are written asynchronously.");

    public override async Task<ObjectInfo> CommitAsync(CancellationToken cancellationToken)
    {
        ThrowIfClosed();
        cancellationToken.ThrowIfCancellationRequested();
        _closed = true;
        return await _store.RunAsync($"storing {_key}", Commit, cancellationToken);
    }

    private ObjectInfo Commit()
    {
        RandomAccess.Write(_file.SafeFileHandle, _buffer.AsSpan(0, _buffered), _written);
        RandomAccess.FlushToDisk(_file.SafeFileHandle);
        var status = Posix.Status(_temporary) ?? throw new FileNotFoundException(null, _temporary);
        FileTags.Forget(_layout, _key, _condition);
        return _layout.Publish(_temporary, _layout.PathOf(_key), _condition)
            ? new ObjectInfo(_key, status.Length, status.Modified)
            : throw new ObjectExistsException(_store.Location, _key);
    }

    private void Gather(ReadOnlyMemory<byte> part)
    {
        part.Span.CopyTo(_buffer.AsSpan(_buffered));
        _buffered += part.Length;
    }

    private void GrowBuffer()
    {
        var large = ArrayPool<byte>.Shared.Rent(LargeBuffer);
        _buffer.AsSpan(0, _buffered).CopyTo(large);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = large;
    }

    private async ValueTask WriteBufferAsync(CancellationToken cancellationToken)
    {
        await WriteThroughAsync(_buffer.AsMemory(0, _buffered), cancellationToken);
        _buffered = 0;
    }

    private async ValueTask WriteThroughAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await RandomAccess.WriteAsync(_file.SafeFileHandle, bytes, _written, cancellationToken);
        _written += bytes.Length;
    }

    private void ThrowIfClosed()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_closed)
            throw new InvalidOperationException("The object is committed; nothing can be written to it any more.");
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            _file.Dispose();
            _ = Posix.Remove(_temporary);
            ArrayPool<byte>.Shared.Return(_buffer);
        }
        base.Dispose(disposing);
    }
}
