namespace TwiBackup.Files;

/// <summary>Finds, describes and hashes everything below paths and patterns.</summary>
internal sealed class TreeScanner
{
    private const int LongestChainOfLinks = 16;
    private readonly Accounts accounts = Accounts.Load();
    private readonly SortedDictionary<string, FileEntry> entries = new(StringComparer.Ordinal);
    private readonly Dictionary<FileIdentity, string> shared = [];
    private readonly List<string> missing = [], remarks = [];

    /// <summary>Reads everything once.</summary>
    /// <param name="patterns">Absolute paths and patterns.</param>
    /// <param name="mayGrow">Whether files may be written to meanwhile, as logs are: what was there when they were opened is taken.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="FileChangedException">Something changed meanwhile.</exception>
    public static async Task<FileTree> ScanAsync(IEnumerable<string> patterns, bool mayGrow, CancellationToken cancellationToken)
    {
        var scanner = new TreeScanner();
        foreach (var pattern in patterns)
        {
            var found = PathPattern.Expand(pattern);
            if (found.Count == 0)
                scanner.missing.Add(pattern);
            foreach (var path in found)
                await scanner.AddNamedAsync(path, cancellationToken);
        }

        await scanner.HashAsync(mayGrow, cancellationToken);
        scanner.RemarkLooseLinks();
        return new FileTree([.. scanner.entries.Values], scanner.missing, scanner.remarks);
    }

    /// <summary>A link that the policy itself names brings what it points at with it: nobody means to keep only the link.</summary>
    private async Task AddNamedAsync(string path, CancellationToken cancellationToken)
    {
        for (var hops = 0; hops < LongestChainOfLinks; hops++)
        {
            await AddAsync(path, cancellationToken);
            if (FileCalls.Facts(path) is not { Kind: FileEntryKind.Link })
                return;
            var target = Path.GetFullPath(FileCalls.ReadLink(FileCalls.Anywhere, path), Path.GetDirectoryName(path)!);
            if (FileCalls.Facts(target) is null)
            {
                remarks.Add($"{path} points at {target}, which does not exist.");
                return;
            }

            path = target;
        }
    }

    private async Task AddAsync(string path, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (AsideName.Is(Path.GetFileName(path)))
            return;
        var facts = FileCalls.Facts(path) ?? throw new FileChangedException(path);
        if (facts.Kind is not { } kind)
        {
            remarks.Add($"{path} is a device, pipe or socket and was left out.");
            return;
        }

        // .NET writes a line break in a name or target as pax wants it, and can't read it: such an archive must not come to be.
        if (path.Contains('\n', StringComparison.Ordinal)
            || (kind == FileEntryKind.Link && FileCalls.ReadLink(FileCalls.Anywhere, path).Contains('\n', StringComparison.Ordinal)))
            throw new TwiBackupException($"\"{path.Replace("\n", "\\n", StringComparison.Ordinal)}\" has a line break in its name or "
                + "target and can't be archived. Rename it.");
        var name = path.TrimStart('/');
        if (name.Length > 0 && !entries.ContainsKey(name))
            entries.Add(name, Describe(path, name, kind, facts));
        if (kind != FileEntryKind.Folder)
            return;
        foreach (var child in Directory.GetFileSystemEntries(path).Order(StringComparer.Ordinal))
            await AddAsync(child, cancellationToken);
    }

    private FileEntry Describe(string path, string name, FileEntryKind kind, FileFacts facts) => new()
    {
        Name = name,
        Kind = kind,
        Mode = kind == FileEntryKind.Link ? 0x1ff : facts.Mode,
        UserId = facts.UserId,
        GroupId = facts.GroupId,
        User = accounts.User(facts.UserId),
        Group = accounts.Group(facts.GroupId),
        Modified = facts.Modified,
        Target = kind == FileEntryKind.Link ? FileCalls.ReadLink(FileCalls.Anywhere, path) : null,
    };

    /// <summary>In the order of the archive, so that of several names of one file the first carries the content.</summary>
    private async Task HashAsync(bool mayGrow, CancellationToken cancellationToken)
    {
        foreach (var entry in entries.Values.Where(e => e.Kind == FileEntryKind.File).ToList())
        {
            var path = "/" + entry.Name;
            await using var content = FileContent.Open(path);
            var facts = content.Facts;
            if (facts.Names > 1 && !shared.TryAdd(facts.Identity, entry.Name))
            {
                entries[entry.Name] = entry with { Kind = FileEntryKind.HardLink, Target = shared[facts.Identity] };
                continue;
            }

            var sha256 = await content.HashAsync(cancellationToken);
            if (!mayGrow && (FileCalls.Facts(path) is not { } after || after.Changed != facts.Changed || after.Identity != facts.Identity))
                throw new FileChangedException(path);
            entries[entry.Name] = entry with { Length = facts.Length, Sha256 = sha256, Mode = facts.Mode, Modified = facts.Modified };
        }
    }

    private void RemarkLooseLinks()
    {
        foreach (var link in entries.Values.Where(e => e.Kind == FileEntryKind.Link))
        {
            var path = "/" + link.Name;
            var target = Path.GetFullPath(link.Target!, Path.GetDirectoryName(path)!);
            if (!entries.ContainsKey(target.TrimStart('/')))
                remarks.Add($"{path} points at {target}, which is not in the backup; name that in the policy, too, if it is "
                    + "configuration.");
        }
    }
}
