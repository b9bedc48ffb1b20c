using TwiBackup.Postgres;
using TwiBackup.Sealing;
using TwiBackup.Stores;

namespace TwiBackup.Wal;

/// <summary>
/// archive_command (<see href="https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-ARCHIVING-WAL">PostgreSQL</see>):
/// stores one file of pg_wal under the identity of its own cluster; returns only when it is durable. Storing it again does nothing; another
/// content under the same name is refused, and PostgreSQL keeps the file and asks again.
/// </summary>
public sealed class WalPush(IObjectStore store, KeyRing keys, string system, Action<WalEvent> onEvent)
{
    /// <summary>Stores the file at <paramref name="path"/> (<c>%p</c>). Throws for everything but "durable".</summary>
    public async Task PushAsync(string path, CancellationToken cancellationToken)
    {
        var name = Path.GetFileName(path);
        if (!WalFileName.TryParse(name, out var file))
            throw new TwiBackupException(ExitCode.WrongUse, $"\"{name}\" is no file that PostgreSQL archives. Use: wal push %p");
        try
        {
            if (file.Kind is WalFileKind.Segment or WalFileKind.Partial)
                await PushSegmentAsync(path, file, cancellationToken);
            else
                await PushSmallAsync(path, file, cancellationToken);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new TwiBackupException($"{path} can't be read: {failure.Message} Run this as the server's account.", failure);
        }
    }

    private async Task PushSmallAsync(string path, WalFileName file, CancellationToken cancellationToken)
    {
        if (new FileInfo(path).Length > WalObjects.MaxHistory)
            throw new TwiBackupException($"{path} is longer than a file of its kind can be. Compare it with the server's pg_wal.");
        var content = await File.ReadAllBytesAsync(path, cancellationToken);
        var objects = Objects(ClusterFolder.Read(system, ClusterFolder.OfWalFile(path)), out var refused);
        if (file.Kind == WalFileKind.BackupLabel)
        {
            await objects.PutExtraAsync(file, content, cancellationToken);
            return;
        }

        TimelineHistory.Parse(file.Timeline, content);
        if (!await objects.PutHistoryAsync(file.Timeline, content, cancellationToken))
            throw Refused(refused, file.Timeline.ToString("X8", System.Globalization.CultureInfo.InvariantCulture) + ".history");
    }

    private async Task PushSegmentAsync(string path, WalFileName file, CancellationToken cancellationToken)
    {
        await using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 0, FileOptions.SequentialScan);
        var page = new byte[WalPageHeader.Length];
        await stream.ReadAtLeastAsync(page, page.Length, throwOnEndOfStream: false, cancellationToken);
        stream.Position = 0;
        var header = WalPageHeader.Read(page, file.Segment, stream.Length);
        var major = header.PgMajor != 0 ? header.PgMajor : ClusterFolder.ReadMajor(ClusterFolder.OfWalFile(path));
        var objects = Objects(new WalLayout(system, major, header.SystemIdentifier), out var refused);
        await objects.PutClusterFactsAsync(header.SegmentSize, cancellationToken);
        if (header.SegmentSize > SegmentPipeline.LargestWhole && file.Kind == WalFileKind.Segment)
        {
            await PushPiecesAsync(objects, file.Segment, stream, header.SegmentSize, cancellationToken);
            return;
        }

        var content = GC.AllocateUninitializedArray<byte>(header.SegmentSize);
        await stream.ReadExactlyAsync(content, cancellationToken);
        if (file.Kind == WalFileKind.Partial)
        {
            await objects.PutExtraAsync(file, content, cancellationToken);
            return;
        }

        await objects.PutSegmentAsync(file.Segment, content, null, cancellationToken);
        if (refused.Count > 0)
            throw Refused(refused, file.Segment);
    }

    /// <summary>Large segments have the same durable form here and in the receiver.</summary>
    private static async Task PushPiecesAsync(WalObjects objects, string segment, FileStream stream, int size, CancellationToken cancellationToken)
    {
        var piece = GC.AllocateUninitializedArray<byte>(SegmentPipeline.PieceSize);
        string? previous = null;
        for (long at = 0; at < size; at += piece.Length)
        {
            await stream.ReadExactlyAsync(piece, cancellationToken);
            previous = await objects.PutTailAsync(segment, at, piece, null, previous, cancellationToken);
        }
    }

    private WalObjects Objects(WalLayout layout, out List<WalEvent> conflicts)
    {
        var seen = conflicts = [];
        return new WalObjects(store, keys, layout, said =>
        {
            seen.Add(said);
            onEvent(said);
        });
    }

    private TwiBackupException Refused(List<WalEvent> conflicts, string name) =>
        new(conflicts.Count > 0 ? conflicts[^1].Message : $"{name} is in {store.Location} with another content.");
}
