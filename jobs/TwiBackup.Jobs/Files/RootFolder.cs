using Microsoft.Win32.SafeHandles;

namespace TwiBackup.Files;

/// <summary>
/// The folder that a restore stays in. Every way down is walked part by part with open folders, so that no link, put there before or
/// meanwhile, leads out of it. Only below <c>/</c> are links followed, and only such as nobody but root or ourselves could have made.
/// </summary>
internal sealed class RootFolder(string path)
{
    private const int LongestChainOfLinks = 16;
    private const int WritableByOthers = 0x12;

    /// <summary>Absolute.</summary>
    public string Path { get; } = path;

    /// <summary>Where an entry lies, for messages.</summary>
    public string PathOf(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Opens a folder below the root; the root itself by the empty name. Null when a part of the way is not there.</summary>
    /// <param name="name">Relative, as in <see cref="FileEntry.Name"/>.</param>
    /// <param name="made">Called with the name of each folder that was missing and was made; null: none is made.</param>
    /// <exception cref="TwiBackupException">A link or a file stands in the way.</exception>
    public SafeFileHandle? Open(string name, Action<string>? made)
    {
        var rest = name;
        for (var hops = 0; hops <= LongestChainOfLinks; hops++)
        {
            if (Walk(rest, made, out var redirect) is var folder && redirect is null)
                return folder;
            rest = redirect;
        }

        throw new TwiBackupException($"{PathOf(name)} lies behind too many links. Nothing was restored; look at them.");
    }

    /// <summary>The folder that holds an entry, and the entry's own name in it.</summary>
    public SafeFileHandle? OpenParent(string name, out string last, Action<string>? made)
    {
        var slash = name.LastIndexOf('/');
        last = name[(slash + 1)..];
        return Open(slash < 0 ? "" : name[..slash], made);
    }

    private SafeFileHandle? Walk(string name, Action<string>? made, out string? redirect)
    {
        redirect = null;
        var folder = FileCalls.TryOpenFolder(FileCalls.Anywhere, Path, out var errno);
        if (folder is null)
        {
            return errno == FileCalls.NoEntry && made is null
                ? null
                : throw new TwiBackupException(
                    $"{Path} can't be opened as a folder. Nothing was restored; give --root a folder.", FileCalls.Failure(errno, Path));
        }

        var way = "";
        var parts = name.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < parts.Length; i++)
        {
            var next = Step(folder, way, parts[i], made, out var target);
            if (target is not null)
                redirect = string.Join('/', parts[(i + 1)..].Prepend(System.IO.Path.GetFullPath(target, "/" + way).TrimStart('/')));
            folder.Dispose();
            if (next is null)
                return null;
            folder = next;
            way = way.Length == 0 ? parts[i] : $"{way}/{parts[i]}";
        }

        return folder;
    }

    private SafeFileHandle? Step(SafeFileHandle folder, string way, string part, Action<string>? made, out string? target)
    {
        target = null;
        var here = way.Length == 0 ? part : $"{way}/{part}";
        if (FileCalls.TryOpenFolder(folder, part, out var errno) is { } next)
            return next;
        if (errno == FileCalls.NoEntry)
        {
            if (made is null)
                return null;
            if (FileCalls.MakeFolder(folder, part) is var failure and not (0 or FileCalls.Exists))
                throw new TwiBackupException(
                    $"{PathOf(here)} can't be made: nothing was restored.", FileCalls.Failure(failure, PathOf(here)));
            made(here);
            return FileCalls.TryOpenFolder(folder, part, out errno) ?? throw InTheWay(here, errno);
        }

        if (!IsTrustedLink(folder, part))
            throw InTheWay(here, errno);
        target = FileCalls.ReadLink(folder, part);
        return null;
    }

    private bool IsTrustedLink(SafeFileHandle folder, string part)
    {
        if (Path != "/" || FileCalls.Facts(folder, part) is not { Kind: FileEntryKind.Link } link)
            return false;
        var holder = FileCalls.Facts(folder);
        return IsOurs(link.UserId) && IsOurs(holder.UserId) && (holder.Mode & WritableByOthers) == 0;
    }

    private static bool IsOurs(uint user) => user == 0 || user == FileOwner.Self;

    private TwiBackupException InTheWay(string name, int errno) =>
        new($"{PathOf(name)} is in the way: it is a link or no folder, and nothing is written through it. Move it aside, or restore "
            + "elsewhere with --root.",
            FileCalls.Failure(errno, PathOf(name)));
}
