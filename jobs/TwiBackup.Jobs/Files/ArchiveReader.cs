using System.Formats.Tar;

namespace TwiBackup.Files;

/// <summary>Reads the tar of a set against its index: the entries, in order, and nothing else.</summary>
internal static class ArchiveReader
{
    /// <summary>Gives every entry to <paramref name="use"/>, files with their content, which need not be read.</summary>
    /// <exception cref="InvalidDataException">
    /// The archive is not what the index lists; what was used up to then must not be kept.
    /// </exception>
    public static async Task ReadAsync(
        Stream archive, FileIndex index, Func<FileEntry, Stream, CancellationToken, Task> use, CancellationToken cancellationToken)
    {
        await using var tar = new TarReader(archive, leaveOpen: true);
        var at = 0;
        while (await NextAsync(tar, cancellationToken) is { } found)
        {
            if (at == index.Entries.Count || !IsSame(found, index.Entries[at]))
                throw new InvalidDataException($"The archive has an entry \"{found.Name}\" that its index does not list.");
            await use(index.Entries[at++], found.DataStream ?? Stream.Null, cancellationToken);
        }

        if (at < index.Entries.Count)
            throw new InvalidDataException($"The archive ends before \"{index.Entries[at].Name}\", which its index lists.");
    }

    private static async Task<TarEntry?> NextAsync(TarReader tar, CancellationToken cancellationToken)
    {
        try
        {
            return await tar.GetNextEntryAsync(copyData: false, cancellationToken);
        }
        catch (Exception e) when (e is FormatException or ArgumentException or OverflowException or NotSupportedException)
        {
            throw new InvalidDataException("The archive is no tar.", e);
        }
    }

    private static bool IsSame(TarEntry found, FileEntry listed) =>
        KindOf(found.EntryType) == listed.Kind
        && (listed.Kind == FileEntryKind.Folder ? found.Name.TrimEnd('/') : found.Name) == listed.Name
        && found.Length == listed.Length
        && (listed.Target ?? "") == found.LinkName;

    private static FileEntryKind? KindOf(TarEntryType type) => type switch
    {
        TarEntryType.RegularFile or TarEntryType.V7RegularFile => FileEntryKind.File,
        TarEntryType.Directory => FileEntryKind.Folder,
        TarEntryType.SymbolicLink => FileEntryKind.Link,
        TarEntryType.HardLink => FileEntryKind.HardLink,
        _ => null,
    };
}
