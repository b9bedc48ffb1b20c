using TwiBackup.Files;

namespace TwiBackup.Repositories;

/// <summary>
/// The folder that a repository is restored to. The clone is made beside it and proven there; only then is what was there renamed aside and
/// the clone in. An empty folder, which may be a mount point, is filled itself.
/// </summary>
internal sealed class ClonePlace
{
    private readonly string target;
    private readonly bool isEmpty;
    private readonly bool isThere;
    private readonly string runId;

    private ClonePlace(string target, bool isThere, bool isEmpty, string runId)
    {
        (this.target, this.isThere, this.isEmpty, this.runId) = (target, isThere, isEmpty, runId);
        Staging = isThere && isEmpty ? target : Path.Combine(Path.GetDirectoryName(target)!, AsideName.Staged(runId, 0));
        Before = FileCalls.Facts(target);
    }

    /// <summary>Where the clone is made.</summary>
    public string Staging { get; }

    /// <summary>What the folder was before; null: nothing.</summary>
    public FileFacts? Before { get; }

    /// <summary>Looks at the folder without touching it.</summary>
    /// <exception cref="TwiBackupException">It can't be used, or holds something and may not be replaced; wrong use.</exception>
    public static ClonePlace At(string folder, bool replace, string runId)
    {
        var target = folder == "/" ? folder : folder.TrimEnd('/');
        if (FileCalls.Facts(target) is not { } facts)
            return new ClonePlace(target, isThere: false, isEmpty: true, runId);
        if (facts.Kind != FileEntryKind.Folder)
            throw new TwiBackupException(ExitCode.WrongUse, $"{target} is a link or file. Name a folder.");
        var isEmpty = !Directory.EnumerateFileSystemEntries(target).Any();
        if (!isEmpty && !replace)
            throw new TwiBackupException(ExitCode.WrongUse,
                $"{target} is not empty. Name an empty folder, or add --replace: it is then kept aside once the restored one is proven.");
        if (!isEmpty && (target == "/" || FileCalls.Facts(Path.GetDirectoryName(target)!) is not { } above
            || above.Identity.Device != facts.Identity.Device))
            throw new TwiBackupException(ExitCode.WrongUse,
                $"{target} is a mount point and not empty, so it can't be kept aside by renaming it. Empty it, or name a folder in it.");
        return new ClonePlace(target, isThere: true, isEmpty, runId);
    }

    /// <summary>Makes the staging folder, or empties it for another try.</summary>
    public void Prepare()
    {
        Clear();
        Directory.CreateDirectory(Staging, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Removes what was staged; the place is as it was.</summary>
    public void Clear()
    {
        if (!Directory.Exists(Staging))
            return;
        if (Staging != target)
        {
            Directory.Delete(Staging, recursive: true);
            return;
        }

        foreach (var entry in new DirectoryInfo(target).EnumerateFileSystemInfos())
        {
            if (entry is DirectoryInfo { LinkTarget: null } folder)
                folder.Delete(recursive: true);
            else
                entry.Delete();
        }
    }

    /// <summary>Puts the clone in its place. Returns where what was there lies now; null: nothing was.</summary>
    public string? Take()
    {
        if (Staging == target)
            return null;
        string? aside = null;
        if (isThere && !isEmpty)
        {
            aside = AsideName.Of(target, runId);
            FileOwner.Require(FileCalls.Rename(FileCalls.Anywhere, target, aside), target);
        }

        var errno = FileCalls.Rename(FileCalls.Anywhere, Staging, target);
        if (errno != 0 && aside is not null)
            _ = FileCalls.Rename(FileCalls.Anywhere, aside, target);
        FileOwner.Require(errno, target);
        return aside;
    }
}
