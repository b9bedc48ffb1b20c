namespace TwiBackup.Sealing;

/// <summary>
/// Reads the plaintext of a sealed object. Each byte that is returned was authenticated by age; that the object is whole is only
/// known at the end: a truncated one throws there, so what was read is not to be used before. Throws <see cref="ObjectRefusedException"/>
/// naming the object: not age, no identity fits, changed, truncated, bytes behind the end, a bad frame. What the source itself throws
/// passes through. A read fills its buffer but at the end; give large ones. Not thread safe.
/// </summary>
public sealed class UnsealingStream : Stream
{
    private readonly Stream _source;
    private readonly AgeReader _age;
    private readonly FrameReader _frames;
    private bool _refused;
    private bool _disposed;

    /// <param name="source">The sealed bytes; disposed with this.</param>
    /// <param name="identities">All are tried; at least one.</param>
    /// <param name="objectName">For messages.</param>
    /// <exception cref="TwiBackupException">There is no identity.</exception>
    public UnsealingStream(Stream source, IReadOnlyList<AgeIdentity> identities, string objectName)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(identities);
        if (identities.Count == 0)
            throw new TwiBackupException(ExitCode.WrongUse, $"{objectName} can't be opened without an identity. Give the file of one.");
        _source = source;
        _age = new AgeReader(source, identities, objectName);
        _frames = new FrameReader(_age, objectName);
    }

    /// <summary>
    /// Content of our skippable frame (at most 64 KiB), once the end was reached; null when the data was not followed by it and by
    /// nothing else.
    /// </summary>
    public byte[]? Trailer => _frames.Ended ? _frames.Trailer : null;

    public override bool CanRead => !_disposed;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var total = Read(buffer.Span, 0);
        while (total < buffer.Length && !_frames.Ended)
        {
            await _age.FillAsync(cancellationToken);
            total = Read(buffer.Span, total);
        }
        return total;
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        var total = Read(buffer, 0);
        while (total < buffer.Length && !_frames.Ended)
        {
            _age.Fill();
            total = Read(buffer, total);
        }
        return total;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        await base.DisposeAsync();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            _frames.Dispose();
            _age.Dispose();
            _source.Dispose();
        }
        base.Dispose(disposing);
    }

    private int Read(Span<byte> buffer, int total)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_refused) throw new InvalidOperationException("The object was refused already.");
        _refused = true;
        total += _frames.Read(buffer[total..]);
        _refused = false;
        return total;
    }
}
