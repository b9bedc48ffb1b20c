using System.Security.Cryptography;

namespace TwiBackup.Catalog;

/// <summary>Reads a stored object and knows at its end whether length and SHA-256 are those of the manifest. Never passes on more than it lists.</summary>
internal sealed class CheckedReader(Stream inner, ManifestObject expected) : Stream
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long count;
    private bool ended;

    /// <summary>Throws <see cref="InvalidDataException"/> unless everything was read and is what the manifest lists.</summary>
    public void RequireGood()
    {
        if (!ended || count != expected.Length)
            throw new InvalidDataException($"{count} bytes are there, {expected.Length} were written");
        if (Convert.ToHexStringLower(hash.GetCurrentHash()) != expected.Sha256)
            throw new InvalidDataException("its SHA-256 differs");
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken);
        Account(buffer.Span[..read]);
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        var read = inner.Read(buffer);
        Account(buffer[..read]);
        return read;
    }

    private void Account(ReadOnlySpan<byte> data)
    {
        ended |= data.IsEmpty;
        count += data.Length;
        if (count > expected.Length)
            throw new InvalidDataException($"it is longer than the {expected.Length} bytes that were written");
        hash.AppendData(data);
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

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
            hash.Dispose();
        }

        base.Dispose(disposing);
    }

    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync();
        hash.Dispose();
        await base.DisposeAsync();
    }
}
