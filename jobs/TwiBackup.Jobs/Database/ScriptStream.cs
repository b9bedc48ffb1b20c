namespace TwiBackup.Database;

/// <summary>
/// Text, a stream, and more text that is asked for only when the stream has ended: so a program's output becomes a transaction that is
/// committed only when the program ended well.
/// </summary>
/// <param name="before">Comes first.</param>
/// <param name="middle">Not disposed.</param>
/// <param name="after">What comes last; throws to end the whole without it.</param>
internal sealed class ScriptStream(string before, Stream middle, Func<CancellationToken, Task<string>> after) : Stream
{
    private Stream current = Text(before);
    private int part;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var read = await current.ReadAsync(buffer, cancellationToken);
            if (read > 0 || part == 2)
                return read;
            current = ++part == 1 ? middle : Text(await after(cancellationToken));
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    private static MemoryStream Text(string text) => new(System.Text.Encoding.UTF8.GetBytes(text), writable: false);

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
