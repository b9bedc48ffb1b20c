namespace TwiBackup.Tests.Sealing;

/// <summary>Gives its bytes in pieces of changing, mostly odd size, as a network does.</summary>
internal sealed class StingyStream(byte[] content, int seed, int largest) : Stream
{
    private readonly MemoryStream _inner = new(content);
    private readonly Random _random = new(seed);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) =>
        _inner.Read(buffer, offset, Math.Min(count, _random.Next(1, largest + 1)));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        return _inner.Read(buffer.Span[..Math.Min(buffer.Length, _random.Next(1, largest + 1))]);
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
