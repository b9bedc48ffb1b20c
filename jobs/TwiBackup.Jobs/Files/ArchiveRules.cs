namespace TwiBackup.Files;

/// <summary>What an archive may hold. Broken, nothing of it is restored: what we wrote never breaks them.</summary>
internal static class ArchiveRules
{
    private const int LargestMode = 0xfff;

    /// <summary>Judges a whole index; throws <see cref="InvalidDataException"/> that names the entry.</summary>
    public static void Check(FileIndex index)
    {
        var seen = new Dictionary<string, FileEntryKind>(StringComparer.Ordinal);
        foreach (var entry in index.Entries)
        {
            CheckName(entry.Name);
            CheckShape(entry, seen);
            if (!seen.TryAdd(entry.Name, entry.Kind))
                throw Refused(entry, "is there twice");
        }

        foreach (var entry in index.Entries)
        {
            // Below a link that stands later in the archive is as bad as below one that stands before.
            for (var slash = entry.Name.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = entry.Name.IndexOf('/', slash + 1))
            {
                if (seen.TryGetValue(entry.Name[..slash], out var above) && above != FileEntryKind.Folder)
                    throw Refused(entry, "lies below something that is no folder");
            }
        }
    }

    /// <summary>A name that stays below whatever folder it is put in.</summary>
    public static void CheckName(string name)
    {
        if (name.Length == 0 || name.StartsWith('/') || name.Contains('\0', StringComparison.Ordinal)
            || name.Split('/').Any(p => p is "" or "." or ".."))
            throw new InvalidDataException($"The entry \"{name}\" would leave the folder it is restored to.");
    }

    /// <summary>
    /// What a symbolic link says once it is restored below <paramref name="root"/>. An absolute target means the machine that was backed
    /// up; under another root it becomes the way to the same place there, so that nothing points out of it.
    /// </summary>
    public static string LinkText(FileEntry link, string root)
    {
        var target = link.Target!;
        if (root == "/" || !target.StartsWith('/'))
            return target;
        var depth = link.Name.Count(c => c == '/');
        var inside = Path.GetFullPath(target).TrimStart('/');
        return string.Concat(Enumerable.Repeat("../", depth)) + (inside.Length == 0 ? "." : inside);
    }

    private static void CheckShape(FileEntry entry, Dictionary<string, FileEntryKind> before)
    {
        if (entry.Mode is < 0 or > LargestMode || entry.Length < 0)
            throw Refused(entry, "has a mode or length that can't be");
        switch (entry.Kind)
        {
            case FileEntryKind.File when entry.Sha256 is not { Length: 64 }:
                throw Refused(entry, "has no hash");
            case FileEntryKind.HardLink when entry.Target is null
                || before.GetValueOrDefault(entry.Target, FileEntryKind.Link) != FileEntryKind.File:
                throw Refused(entry, $"is a hard link to \"{entry.Target}\", which is no earlier file of the archive");
            case FileEntryKind.Link when string.IsNullOrEmpty(entry.Target) || entry.Target.Contains('\0', StringComparison.Ordinal)
                || Climbs(entry):
                throw Refused(entry, $"is a link to \"{entry.Target}\", which leaves the folder it is restored to");
            case FileEntryKind.File or FileEntryKind.Folder or FileEntryKind.Link or FileEntryKind.HardLink:
                break;
            default:
                throw Refused(entry, "is nothing that can be restored");
        }
    }

    /// <summary>Whether the target of a link goes above the top.</summary>
    private static bool Climbs(FileEntry link)
    {
        var depth = link.Target!.StartsWith('/') ? 0 : link.Name.Count(c => c == '/');
        foreach (var part in link.Target.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            depth += part switch { "." => 0, ".." => -1, _ => 1 };
            if (depth < 0)
                return true;
        }

        return false;
    }

    private static InvalidDataException Refused(FileEntry entry, string why) => new($"The entry \"{entry.Name}\" {why}.");
}
