using System.IO.Enumeration;

namespace TwiBackup.Files;

/// <summary>
/// An absolute path in which <c>*</c> and <c>?</c> stand for parts of one name and <c>**</c> for any number of folders. Names that begin
/// with a dot match like others, because that is where configuration stands.
/// </summary>
public static class PathPattern
{
    private static readonly EnumerationOptions Everything = new()
    {
        AttributesToSkip = FileAttributes.None,
        MatchType = MatchType.Simple,
        IgnoreInaccessible = false,
    };


    public static bool HasWildcards(string path) => path.AsSpan().IndexOfAny('*', '?') >= 0;

    /// <summary>
    /// What exists under a path or pattern, in ordinal order. Links are found, not followed; nothing is found through a link below a
    /// <c>**</c>.
    /// </summary>
    public static IReadOnlyList<string> Expand(string pattern)
    {
        if (!HasWildcards(pattern))
            return FileCalls.Facts(pattern) is null ? [] : [pattern == "/" ? pattern : pattern.TrimEnd('/')];
        var found = new SortedSet<string>(StringComparer.Ordinal);
        Match("/", pattern.Split('/', StringSplitOptions.RemoveEmptyEntries), 0, found);
        return [.. found];
    }

    /// <summary>The folder from which on a pattern is open: everything that it can name lies below.</summary>
    public static string FixedFolder(string pattern)
    {
        var fixedParts = pattern.Split('/').TakeWhile(p => !HasWildcards(p)).ToList();
        var folder = string.Join('/', HasWildcards(pattern) ? fixedParts : fixedParts.SkipLast(1));
        return folder.Length == 0 ? "/" : folder;
    }

    private static void Match(string folder, string[] parts, int at, SortedSet<string> found)
    {
        var part = parts[at];
        var last = at == parts.Length - 1;
        if (part == "**")
        {
            if (last)
                found.UnionWith(Names(folder));
            else
                Match(folder, parts, at + 1, found);
            foreach (var child in Names(folder).Where(IsRealFolder))
                Match(child, parts, at, found);
            return;
        }

        var matches = HasWildcards(part)
            ? Names(folder).Where(path => FileSystemName.MatchesSimpleExpression(part, Path.GetFileName(path), ignoreCase: false))
            : new[] { Path.Combine(folder, part) };
        foreach (var path in matches)
        {
            if (last)
            {
                if (FileCalls.Facts(path) is not null)
                    found.Add(path);
            }
            else if (Directory.Exists(path))
            {
                Match(path, parts, at + 1, found);
            }
        }
    }

    private static IEnumerable<string> Names(string folder) =>
        Directory.Exists(folder)
            ? Directory.EnumerateFileSystemEntries(folder, "*", Everything).Where(path => !AsideName.Is(Path.GetFileName(path)))
            : [];

    private static bool IsRealFolder(string path) => FileCalls.Facts(path) is { Kind: FileEntryKind.Folder };
}
