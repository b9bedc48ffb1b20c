using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace TwiBackup.Files;

/// <summary>
/// The content of a file as it was found: exactly as many bytes as it had then. What comes short throws
/// <see cref="FileChangedException"/>; what was added later is left. Says its length, which tar needs first.
/// </summary>
internal sealed class FileContent : Stream
{
    private const int BufferSize = 128 << 10;
    private readonly SafeFileHandle handle;
    private readonly string path;
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long position;

    private FileContent(SafeFileHandle handle, string path, FileFacts facts, long length) =>
        (this.handle, this.path, Facts, Length) = (handle, path, facts, length);

    public FileFacts Facts { get; }

    /// <summary>SHA-256 of what was read, lower-case hexadecimal.</summary>
    public string Sha256() => Convert.ToHexStringLower(hash.GetCurrentHash());

    /// <summary>Opens a regular file, never through a link in its last part.</summary>
    /// <param name="path">Absolute.</param>
    /// <param name="length">Only so many bytes of it; null: all there are now.</param>
    /// <exception cref="FileChangedException">It is gone, or no file any more.</exception>
    /// <exception cref="TwiBackupException">It may not be read.</exception>
    public static FileContent Open(string path, long? length = null)
    {
        var handle = FileCalls.TryOpenRead(path, out var errno)
            ?? throw (errno is FileCalls.NoEntry or FileCalls.NotAFolder or FileCalls.TooManyLinks
                ? new FileChangedException(path)
                : new TwiBackupException($"{path} can't be read. Let the jobs run as a user that may.", FileCalls.Failure(errno, path)));
        var facts = FileCalls.Facts(handle);
        if (facts.Kind == FileEntryKind.File)
            return new FileContent(handle, path, facts, length ?? facts.Length);
        handle.Dispose();
        throw new FileChangedException(path);
    }

    /// <summary>Reads to the end for the hash alone.</summary>
    public async Task<string> HashAsync(CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            while (await ReadAsync(buffer, cancellationToken) > 0)
            {
                // Reading hashes.
            }

            return Sha256();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length { get; }

    public override long Position { get => position; set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        buffer = buffer[..(int)Math.Min(buffer.Length, Length - position)];
        if (buffer.IsEmpty)
            return 0;
        return Account(RandomAccess.Read(handle, buffer, position), buffer);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        buffer = buffer[..(int)Math.Min(buffer.Length, Length - position)];
        if (buffer.IsEmpty)
            return 0;
        return Account(await RandomAccess.ReadAsync(handle, buffer, position, cancellationToken), buffer.Span);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    private int Account(int read, Span<byte> buffer)
    {
        if (read == 0)
            throw new FileChangedException(path);
        hash.AppendData(buffer[..read]);
        position += read;
        return read;
    }

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
            handle.Dispose();
            hash.Dispose();
        }

        base.Dispose(disposing);
    }
}
