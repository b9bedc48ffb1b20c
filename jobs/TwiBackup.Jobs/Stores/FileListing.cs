using System.IO.Enumeration;

namespace TwiBackup.Stores;

/// <summary>
/// Walks a file store in ordinal order of whole keys. A folder's keys all begin with its name and <c>/</c>, so sorting each folder's
/// entries by name, with that <c>/</c> for folders, gives the order of the keys (<c>a-b</c>, <c>a.b</c>, <c>a/b</c>). Memory is that of
/// the names in one path of folders.
/// </summary>
internal static class FileListing
{
    private static readonly EnumerationOptions Entries = new()
    {
        // Links are never objects: they could leave the store. What cannot be read must not look absent.
        AttributesToSkip = FileAttributes.ReparsePoint,
        IgnoreInaccessible = false,
        MatchType = MatchType.Simple,
    };

    public static IEnumerable<ObjectInfo> Walk(FileLayout layout, string prefix, string? startAfter)
    {
        var top = prefix[..(prefix.LastIndexOf('/') + 1)];
        var folders = new Stack<(string Key, List<string> Names, int Next)>();
        folders.Push((top, Names(layout, top, prefix, startAfter), 0));
        while (folders.TryPop(out var folder))
        {
            if (folder.Next == folder.Names.Count)
                continue;
            folders.Push(folder with { Next = folder.Next + 1 });
            var key = folder.Key + folder.Names[folder.Next];
            if (key[^1] == '/')
                folders.Push((key, Names(layout, key, prefix, startAfter), 0));
            else if (Posix.Status(layout.PathOf(key)) is { Kind: FileKind.File } status)
                yield return new ObjectInfo(key, status.Length, status.Modified);
        }
    }

    public static IEnumerable<string> Folders(FileLayout layout, string prefix)
    {
        var top = prefix[..(prefix.LastIndexOf('/') + 1)];
        return Names(layout, top, prefix, startAfter: null).Where(name => name[^1] == '/' && HoldsObject(layout.PathOf(top + name)));
    }

    /// <summary>The entries that can hold such keys, sorted; folders with their slash.</summary>
    private static List<string> Names(FileLayout layout, string folder, string prefix, string? startAfter)
    {
        var names = new List<string>();
        // Folders on the way to the prefix are few; it is the last one that may hold a hundred thousand names.
        var begin = folder.Length < prefix.Length ? prefix[folder.Length..] : "";
        foreach (var (name, isFolder) in Read(layout.PathOf(folder), begin))
        {
            if (name[0] == '.' || !ObjectKey.IsValid(name))
                continue;
            var entry = isFolder ? name + '/' : name;
            var key = folder + entry;
            if (key.StartsWith(prefix, StringComparison.Ordinal) && (startAfter is null || IsAfter(key, startAfter)))
                names.Add(entry);
        }
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    private static bool IsAfter(string key, string startAfter) =>
        string.CompareOrdinal(key, startAfter) > 0 || (key[^1] == '/' && startAfter.StartsWith(key, StringComparison.Ordinal));

    /// <summary>A delete or a put that was cut off may leave an empty folder, which S3 would not show either.</summary>
    private static bool HoldsObject(string folder)
    {
        var inner = new List<string>();
        foreach (var (name, isFolder) in Read(folder))
        {
            if (name[0] == '.')
                continue;
            if (!isFolder)
                return true;
            inner.Add(name);
        }
        return inner.Exists(name => HoldsObject(Path.Combine(folder, name)));
    }

    /// <summary>The folder's entries whose names begin so; the others cost no string.</summary>
    private static IEnumerable<(string Name, bool IsFolder)> Read(string folder, string begin = "")
    {
        IEnumerable<(string, bool)> entries;
        try
        {
            entries = new FileSystemEnumerable<(string, bool)>(
                folder, static (ref FileSystemEntry entry) => (entry.FileName.ToString(), entry.IsDirectory), Entries)
            {
                ShouldIncludePredicate = (ref FileSystemEntry entry) => entry.FileName.StartsWith(begin, StringComparison.Ordinal),
            };
        }
        catch (IOException gone) when (gone is DirectoryNotFoundException || gone.HResult == Posix.NotDirectory)
        {
            yield break;
        }
        foreach (var entry in entries)
            yield return entry;
    }
}
