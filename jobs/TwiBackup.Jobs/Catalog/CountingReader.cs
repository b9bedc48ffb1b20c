namespace TwiBackup.Catalog;

/// <summary>Passes on at most the plaintext bytes that a manifest lists: a bomb ends there. Does not dispose the inner stream.</summary>
internal sealed class CountingReader(Stream inner, long limit) : Stream
{
    private long count;

    /// <summary>Throws <see cref="InvalidDataException"/> unless exactly the listed length came.</summary>
    public void RequireWhole()
    {
        if (count != limit)
            throw new InvalidDataException($"it opens to {count} bytes, {limit} were sealed");
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Account(await inner.ReadAsync(buffer, cancellationToken));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => Account(inner.Read(buffer, offset, count));

    private int Account(int read)
    {
        count += read;
        if (count > limit)
            throw new InvalidDataException($"it opens to more than the {limit} bytes that were sealed");
        return read;
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
