using System.Formats.Tar;
using System.Text.Json;
using TwiBackup.Catalog;
using TwiBackup.Progress;
using TwiBackup.Sealing;

namespace TwiBackup.Files;

/// <summary>
/// Writes files into a set: a tar in POSIX.1-2001 (pax) format, so that any <c>tar</c> restores it, and the index that ours goes by.
/// </summary>
internal sealed class ArchiveWriter(SetWriter set, string archiveName, IProgressReporter progress)
{
    /// <summary>The object with the list of entries.</summary>
    public const string IndexName = "index.json.zst.age";

    /// <summary>Streams every entry into the sealed archive. Both objects are stored on return.</summary>
    /// <exception cref="FileChangedException">A file is not what it was when it was scanned; no object was stored.</exception>
    public async Task WriteAsync(IReadOnlyList<FileEntry> entries, CancellationToken cancellationToken)
    {
        progress.Stage("files", entries.Sum(e => e.Length));
        await using (var archive = await set.CreateObjectAsync(archiveName, new SealOptions(HashPlaintext: false), cancellationToken))
        {
            await using (var tar = new TarWriter(archive.Content, TarEntryFormat.Pax, leaveOpen: true))
            {
                foreach (var entry in entries)
                    await WriteEntryAsync(tar, entry, cancellationToken);
            }

            await archive.CompleteAsync(cancellationToken);
        }

        await using var index = await set.CreateObjectAsync(IndexName, new SealOptions(HashPlaintext: false), cancellationToken);
        await JsonSerializer.SerializeAsync(
            index.Content, new FileIndex { Format = FileIndex.CurrentFormat, Entries = entries },
            FilesJson.Default.FileIndex, cancellationToken);
        await index.CompleteAsync(cancellationToken);
    }

    private async Task WriteEntryAsync(TarWriter tar, FileEntry entry, CancellationToken cancellationToken)
    {
        var record = new PaxTarEntry(TypeOf(entry.Kind), entry.Kind == FileEntryKind.Folder ? entry.Name + "/" : entry.Name)
        {
            Mode = (UnixFileMode)entry.Mode,
            Uid = (int)entry.UserId,
            Gid = (int)entry.GroupId,
            UserName = entry.User ?? "",
            GroupName = entry.Group ?? "",
            ModificationTime = entry.Modified,
        };
        if (entry.Target is { } target)
            record.LinkName = target;
        if (entry.Kind != FileEntryKind.File)
        {
            await tar.WriteEntryAsync(record, cancellationToken);
            return;
        }

        var path = "/" + entry.Name;
        await using var content = FileContent.Open(path, entry.Length);
        record.DataStream = content;
        await tar.WriteEntryAsync(record, cancellationToken);
        if (content.Sha256() != entry.Sha256)
            throw new FileChangedException(path);
        progress.Advance(entry.Length);
    }

    private static TarEntryType TypeOf(FileEntryKind kind) => kind switch
    {
        FileEntryKind.File => TarEntryType.RegularFile,
        FileEntryKind.Folder => TarEntryType.Directory,
        FileEntryKind.Link => TarEntryType.SymbolicLink,
        FileEntryKind.HardLink => TarEntryType.HardLink,
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
