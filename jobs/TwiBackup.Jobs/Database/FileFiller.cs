using Microsoft.Win32.SafeHandles;

namespace TwiBackup.Database;

/// <summary>
/// Fills files from a stream: while one piece is being written, the next is read. Large files are written past the page cache where their
/// file system can. One file at a time.
/// </summary>
internal sealed class FileFiller
{
    private const int PieceSize = 1 << 20;

    private Memory<byte> reading = DirectIo.AllocateBuffer(PieceSize);
    private Memory<byte> writing = DirectIo.AllocateBuffer(PieceSize);

    /// <summary>Writes the next <paramref name="length"/> bytes of <paramref name="source"/> to a file that is empty.</summary>
    public async Task FillAsync(SafeFileHandle file, Stream source, long length, Action<long> advanced, CancellationToken cancellationToken)
    {
        if (length <= PieceSize)
        {
            // Most files of a cluster are small: nothing to overlap, and no other thread to be waited for.
            await source.ReadExactlyAsync(reading[..(int)length], cancellationToken);
            RandomAccess.Write(file, reading.Span[..(int)length], 0);
            advanced(length);
            return;
        }

        var direct = length % DirectIo.Alignment == 0 && DirectIo.TryEnable(file);
        var written = Task.CompletedTask;
        try
        {
            for (long at = 0; at < length;)
            {
                var piece = reading[..(int)Math.Min(PieceSize, length - at)];
                await source.ReadExactlyAsync(piece, cancellationToken);
                await written;
                var to = at;
                written = Task.Run(() => Write(file, piece, to, direct), CancellationToken.None);
                (reading, writing) = (writing, reading);
                at += piece.Length;
                advanced(piece.Length);
            }
        }
        finally
        {
            // Nothing may use the handle, or the buffer, when its owner goes on.
            await written.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await written;
    }

    private static void Write(SafeFileHandle file, ReadOnlyMemory<byte> piece, long at, bool direct)
    {
        try
        {
            RandomAccess.Write(file, piece.Span, at);
        }
        catch (IOException) when (direct)
        {
            // Some file systems take the flag and refuse the write. If it was something else, it fails again.
            DirectIo.Disable(file);
            RandomAccess.Write(file, piece.Span, at);
        }
    }
}
