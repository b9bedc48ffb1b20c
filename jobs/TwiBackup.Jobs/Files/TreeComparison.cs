using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace TwiBackup.Files;

/// <summary>Compares a place with an index, without showing what is in the files.</summary>
/// <param name="root">The place.</param>
/// <param name="accounts">The machine's accounts.</param>
/// <param name="keyed">Turns a SHA-256 in hexadecimal into a keyed hash to show.</param>
internal sealed class TreeComparison(RootFolder root, Accounts accounts, Func<string, string> keyed)
{
    private const int ShownDigits = 12;

    /// <summary>
    /// A key that lives as long as the process, where there is no signing key: such hashes compare within one output only.
    /// </summary>
    public static Func<string, string> OneTimeKey()
    {
        var key = RandomNumberGenerator.GetBytes(32);
        return sha256 => Convert.ToHexStringLower(HMACSHA256.HashData(key, Convert.FromHexString(sha256)));
    }

    /// <summary>Everything that differs, in the order of the index.</summary>
    public async Task<IReadOnlyList<FileDifference>> RunAsync(FileIndex index, CancellationToken cancellationToken)
    {
        var differences = new List<FileDifference>();
        foreach (var entry in index.Entries)
        {
            if (await CompareAsync(entry, cancellationToken) is { Kind: not FileDifferenceKind.None } difference)
                differences.Add(difference);
        }

        var known = index.Entries.Select(e => e.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var folder in index.Entries.Where(e => e.Kind == FileEntryKind.Folder))
        {
            using var handle = TryOpen(folder.Name);
            if (handle is null)
                continue;
            foreach (var path in Directory.EnumerateFileSystemEntries(root.PathOf(folder.Name)).Order(StringComparer.Ordinal))
            {
                var name = Path.GetFileName(path);
                if (!known.Contains($"{folder.Name}/{name}") && !AsideName.Is(name))
                    differences.Add(new FileDifference(path, FileDifferenceKind.Added, "only here; a restore leaves it"));
            }
        }

        return differences;
    }

    /// <summary>How one entry differs; kind None when it does not.</summary>
    public async Task<FileDifference> CompareAsync(FileEntry entry, CancellationToken cancellationToken)
    {
        var path = root.PathOf(entry.Name);
        var slash = entry.Name.LastIndexOf('/');
        var name = entry.Name[(slash + 1)..];
        using var folder = TryOpen(slash < 0 ? "" : entry.Name[..slash]);
        if (folder is null || FileCalls.Facts(folder, name) is not { } found)
            return new FileDifference(path, FileDifferenceKind.Missing, "only in the backup");
        if (found.Kind != KindInPlace(entry.Kind))
            return new FileDifference(
                path, FileDifferenceKind.Type, $"{Word(KindInPlace(entry.Kind))} in the backup, {Word(found.Kind)} here");

        var kind = FileDifferenceKind.None;
        var details = new List<string>();
        switch (entry.Kind)
        {
            case FileEntryKind.Link when FileCalls.ReadLink(folder, name) is var text && text != ArchiveRules.LinkText(entry, root.Path):
                Note(FileDifferenceKind.Target, $"points at {entry.Target} in the backup, {text} here");
                break;
            case FileEntryKind.HardLink when !SharesFile(entry, found):
                Note(FileDifferenceKind.Target, $"is one file with /{entry.Target} in the backup, not here");
                break;
            case FileEntryKind.File:
                var sha256 = await HashAsync(path, cancellationToken);
                if (sha256 != entry.Sha256)
                    Note(FileDifferenceKind.Content, $"content {keyed(entry.Sha256!)[..ShownDigits]} in the backup, "
                        + $"{(sha256 is null ? "being written" : keyed(sha256)[..ShownDigits])} here");
                break;
        }

        if (entry.Kind is FileEntryKind.File or FileEntryKind.Folder && found.Mode != entry.Mode)
            Note(FileDifferenceKind.Mode, $"mode {entry.ModeText()} in the backup, {Convert.ToString(found.Mode, 8).PadLeft(4, '0')} here");
        var (user, group) = accounts.Resolve(entry);
        if (FileOwner.CanGive && (found.UserId, found.GroupId) != (user, group))
            Note(FileDifferenceKind.Owner, $"owner {user}:{group} in the backup, {found.UserId}:{found.GroupId} here");
        return new FileDifference(path, kind, string.Join("; ", details));

        void Note(FileDifferenceKind what, string detail)
        {
            kind |= what;
            details.Add(detail);
        }
    }

    private static async Task<string?> HashAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            await using var content = FileContent.Open(path);
            return await content.HashAsync(cancellationToken);
        }
        catch (FileChangedException)
        {
            return null;
        }
    }

    private bool SharesFile(FileEntry entry, FileFacts found)
    {
        using var folder = root.OpenParent(entry.Target!, out var name, made: null);
        return folder is not null && FileCalls.Facts(folder, name)?.Identity == found.Identity;
    }

    private SafeFileHandle? TryOpen(string folder)
    {
        try
        {
            return root.Open(folder, made: null);
        }
        catch (TwiBackupException)
        {
            // Something else stands in its place or in the way: below that there is nothing of ours.
            return null;
        }
    }

    private static FileEntryKind KindInPlace(FileEntryKind kind) => kind == FileEntryKind.HardLink ? FileEntryKind.File : kind;

    private static string Word(FileEntryKind? kind) => kind switch
    {
        FileEntryKind.File => "a file",
        FileEntryKind.Folder => "a folder",
        FileEntryKind.Link => "a link",
        _ => "a device, pipe or socket",
    };
}
