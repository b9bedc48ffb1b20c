using TwiBackup.Postgres;

namespace TwiBackup.Database;

/// <summary>
/// What a dump writes, as one transaction that is committed only when the dump has ended well. psql takes the end of its input for the
/// end of the rows that flow, so a dump that was cut off would be committed as far as it came.
/// </summary>
internal sealed class WholeDump(ChildProcess dump, CancellationToken cancellationToken) : Stream
{
    private ReadOnlyMemory<byte> before = "begin;\n"u8.ToArray();
    private ReadOnlyMemory<byte> after;
    private bool ended;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken token = default)
    {
        if (before.Length > 0)
            return Take(ref before, buffer);
        if (!ended)
        {
            if (await dump.StandardOutput.ReadAsync(buffer, token) is var read and > 0)
                return read;
            ended = true;
            after = (await dump.WaitAsync(cancellationToken)).ExitCode == 0 ? "\ncommit;\n"u8.ToArray() : default;
        }

        return Take(ref after, buffer);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken token) => ReadAsync(buffer.AsMemory(offset, count), token).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private static int Take(ref ReadOnlyMemory<byte> from, Memory<byte> buffer)
    {
        var count = Math.Min(from.Length, buffer.Length);
        from[..count].CopyTo(buffer);
        from = from[count..];
        return count;
    }
}
