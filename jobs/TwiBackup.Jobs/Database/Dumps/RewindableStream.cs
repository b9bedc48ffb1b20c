using System.Runtime.ExceptionServices;

namespace TwiBackup.Database.Dumps;

/// <summary>
/// An object's plaintext whose beginning can be read again: pg_restore is asked what an archive holds before it restores it, and the store
/// is read once. What the source throws is kept, because who feeds a program takes some of it for the program's own end.
/// </summary>
/// <param name="source">Not disposed.</param>
/// <param name="limit">The most that is kept.</param>
/// <param name="read">Told how many bytes came from the source.</param>
internal sealed class RewindableStream(Stream source, int limit, Action<long> read) : Stream
{
    private MemoryStream? kept = new();
    private int at;
    private bool isKeeping = true;
    private ExceptionDispatchInfo? failure;

    /// <summary>Begins again at the first byte.</summary>
    /// <param name="forTheLastTime">Whether nothing more needs to be kept.</param>
    public void Rewind(bool forTheLastTime)
    {
        at = 0;
        isKeeping = !forTheLastTime;
    }

    /// <summary>Throws what the source threw.</summary>
    public void ThrowIfFailed() => failure?.Throw();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (kept is not null && at < kept.Length)
        {
            var again = (int)Math.Min(buffer.Length, kept.Length - at);
            kept.GetBuffer().AsMemory(at, again).CopyTo(buffer);
            at += again;
            if (!isKeeping && at == kept.Length)
                kept = null;
            return again;
        }

        var count = await ReadSourceAsync(buffer, cancellationToken);
        if (isKeeping && kept is not null)
        {
            kept.Position = kept.Length;
            kept.Write(buffer.Span[..count]);
            at += count;
            if (kept.Length > limit)
            {
                failure = ExceptionDispatchInfo.Capture(new TwiBackupException($"The archive's list of contents is longer than {limit} bytes. Restore it by hand, as docs/formats.md says."));
                failure.Throw();
            }
        }

        return count;
    }

    private async ValueTask<int> ReadSourceAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            var count = await source.ReadAsync(buffer, cancellationToken);
            read(count);
            return count;
        }
        catch (Exception e)
        {
            failure = ExceptionDispatchInfo.Capture(e);
            throw;
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
