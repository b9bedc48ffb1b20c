using TwiBackup.Catalog;
using TwiBackup.Sealing;

namespace TwiBackup.Database;

/// <summary>
/// Cuts the one tar stream of a base backup into volumes that each stand alone: a new one begins at the first file border behind
/// <paramref name="volumeSize"/> bytes, so that a restore opens them in parallel and one that is bad is one retry. A relation file
/// (up to 1 GiB) is never split. While a full volume is finished and stored, the next one is already being written.
/// </summary>
internal sealed class VolumeCutter(SetWriter set, SealOptions sealing, long volumeSize) : IAsyncDisposable
{
    private static readonly byte[] EndOfArchive = new byte[2 * TarHeader.BlockSize];

    private readonly byte[] header = new byte[TarHeader.BlockSize];
    private int headerLength;
    private long entryRemaining;
    private bool ended;
    private int volumes;
    private SetObjectWriter? current;
    private Task completing = Task.CompletedTask;

    /// <summary>Files and folders seen so far.</summary>
    public long Entries { get; private set; }

    /// <summary>More of the stream; borders of the pieces mean nothing.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        while (!data.IsEmpty)
        {
            if (entryRemaining > 0)
            {
                var part = data[..(int)Math.Min(entryRemaining, data.Length)];
                await current!.Content.WriteAsync(part, cancellationToken);
                entryRemaining -= part.Length;
                data = data[part.Length..];
                continue;
            }

            var wanted = Math.Min(header.Length - headerLength, data.Length);
            data[..wanted].CopyTo(header.AsMemory(headerLength));
            headerLength += wanted;
            data = data[wanted..];
            if (headerLength == header.Length)
            {
                headerLength = 0;
                await BeginEntryAsync(cancellationToken);
            }
        }
    }

    /// <summary>The stream has ended: finishes the last volume. Returns when all volumes are durable.</summary>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        if (entryRemaining > 0 || headerLength > 0)
            throw new TwiBackupException("The base backup's stream ended in the middle of a file. Look at the server's log, then take the backup again.");
        await FinishVolumeAsync(cancellationToken);
        await completing;
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await completing;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Reported where it was awaited first; here only nothing may be left running.
        }

        if (current is not null)
            await current.DisposeAsync();
    }

    private async ValueTask BeginEntryAsync(CancellationToken cancellationToken)
    {
        if (TarHeader.IsEnd(header))
        {
            ended = true;
            return;
        }

        if (ended)
            throw new TwiBackupException("The base backup's stream goes on behind its end. Look at the server's log, then take the backup again.");
        TarHeader entry;
        try
        {
            entry = TarHeader.Parse(header);
        }
        catch (InvalidDataException e)
        {
            throw new TwiBackupException($"The base backup's stream can't be read: {e.Message} Take the backup again.", e);
        }

        if (current is not null && current.PlainLength >= volumeSize)
            await FinishVolumeAsync(cancellationToken);
        current ??= await set.CreateObjectAsync($"base.{volumes++:0000}.tar.zst.age", sealing, cancellationToken);
        await current.Content.WriteAsync(header, cancellationToken);
        entryRemaining = entry.PaddedSize;
        Entries++;
    }

    private async Task FinishVolumeAsync(CancellationToken cancellationToken)
    {
        await completing;
        if (current is { } volume)
        {
            current = null;
            completing = CompleteVolumeAsync(volume, cancellationToken);
        }
    }

    private static async Task CompleteVolumeAsync(SetObjectWriter volume, CancellationToken cancellationToken)
    {
        await using (volume)
        {
            // Leaves the caller's thread at once: what is left of the volume is compressed while the next one is read.
            await Task.Yield();
            await volume.Content.WriteAsync(EndOfArchive, cancellationToken);
            await volume.CompleteAsync(cancellationToken);
        }
    }
}
