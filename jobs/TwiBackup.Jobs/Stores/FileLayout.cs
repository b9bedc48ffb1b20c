using System.Collections.Concurrent;

namespace TwiBackup.Stores;

/// <summary>
/// Where a file store keeps what, and how a finished file gets its place durably: data first, then the name, then the folders
/// that name it. Blocking; called from the thread pool.
/// </summary>
internal sealed class FileLayout
{
    private const int RememberedFolders = 4096;
    private const int PublishAttempts = 100;

    private readonly ConcurrentDictionary<string, bool> _durable = new();
    private volatile bool _seen;

    public FileLayout(string root)
    {
        Root = root;
        Private = Path.Combine(root, ".twibackup");
        Temporary = Path.Combine(Private, "tmp");
        Tags = Path.Combine(Private, "tags");
        Leases = Path.Combine(Private, "leases");
    }

    public string Root { get; }

    /// <summary>The store's own folder, and the sign that this is a store and not the empty mount point of a missing disk.</summary>
    public string Private { get; }

    public string Temporary { get; }

    public string Tags { get; }

    public string Leases { get; }

    public string PathOf(string key) => Path.Combine(Root, key);

    public string NewTemporaryPath() => Path.Combine(Temporary, Path.GetRandomFileName());

    /// <summary>
    /// The store is there. A folder seen for the first time is made one; a root that cannot be is none (a mount point usually
    /// belongs to root), so a disk that is not mounted never looks like an empty store.
    /// </summary>
    public void CheckPresent()
    {
        if (_seen)
            return;
        CheckStillPresent();
        _seen = true;
    }

    /// <summary>As <see cref="CheckPresent"/>, asked again: what is missing may be missing because the disk went away.</summary>
    public void CheckStillPresent()
    {
        if (Posix.Status(Private)?.Kind == FileKind.Folder)
            return;
        if (_seen || !Directory.Exists(Root))
            throw FileErrors.Vanished(Root);
        if (Posix.MakeFolder(Private) is var errno and not (0 or Posix.Exists))
        {
            throw new TwiBackupException(
                $"{Root} holds no store (it has no folder .twibackup), and it cannot be made one: is the disk mounted, and may user " +
                $"{Environment.UserName} write there?",
                Posix.Failure(errno, Private));
        }
        Posix.SyncFolder(Root);
    }

    /// <summary>Makes a folder below the root and all folders to it, each durable in the one above.</summary>
    public void EnsureFolder(string folder)
    {
        if (folder == Root || _durable.ContainsKey(folder))
            return;
        var parent = Path.GetDirectoryName(folder)!;
        EnsureFolder(parent);
        // The store's own folder is made in CheckPresent only: if it is gone now, so is the disk.
        if (folder != Private && Posix.MakeFolder(folder) is var errno and not (0 or Posix.Exists))
            throw Posix.Failure(errno, folder);
        // Also when it was there: whoever made it may not have come to this line.
        Posix.SyncFolder(parent);
        if (_durable.Count >= RememberedFolders)
            _durable.Clear();
        _durable[folder] = true;
    }

    /// <summary>
    /// Gives the temporary file, whose data is durable, its name. False: the name is taken by another file (only with
    /// <see cref="PutCondition.IfAbsent"/>).
    /// </summary>
    public bool Publish(string temporary, string target, PutCondition condition)
    {
        var folder = Path.GetDirectoryName(target)!;
        for (var attempt = 1; ; attempt++)
        {
            var errno = Name(temporary, target, folder, condition);
            if (errno == Posix.NoEntry && attempt < PublishAttempts && Posix.Status(temporary) is not null)
            {
                // Somebody's delete emptied and removed the folder since we saw it.
                _durable.Clear();
                continue;
            }
            if (errno == Posix.Exists)
            {
                var there = Posix.Status(target);
                if (there?.Kind == FileKind.Folder)
                    throw Posix.Failure(Posix.IsDirectory, target);
                // On a network file system the answer to a link that succeeded can get lost.
                if (there?.Identity != Posix.Status(temporary)?.Identity)
                    return false;
            }
            else if (errno != 0)
            {
                throw Posix.Failure(errno, target);
            }
            Posix.SyncFolder(folder);
            if (condition == PutCondition.IfAbsent)
                _ = Posix.Remove(temporary);
            return true;
        }
    }

    private int Name(string temporary, string target, string folder, PutCondition condition)
    {
        try
        {
            EnsureFolder(folder);
        }
        catch (IOException vanished) when (vanished.HResult == Posix.NoEntry)
        {
            return Posix.NoEntry;
        }
        return condition == PutCondition.IfAbsent ? Posix.Link(temporary, target) : Posix.Rename(temporary, target);
    }

    /// <summary>Removes a file, if there is one, durably, and the folders below <paramref name="top"/> that it leaves empty.</summary>
    public static void Remove(string file, string top)
    {
        var errno = Posix.Remove(file);
        if (errno is Posix.NoEntry or Posix.NotDirectory)
            return;
        if (errno != 0)
            throw Posix.Failure(errno, file);
        for (var folder = Path.GetDirectoryName(file)!; ; folder = Path.GetDirectoryName(folder)!)
        {
            if (folder == top || Posix.RemoveFolder(folder) != 0)
            {
                try
                {
                    Posix.SyncFolder(folder);
                }
                catch (IOException vanished) when (vanished.HResult == Posix.NoEntry && folder != top)
                {
                    continue;
                }
                return;
            }
        }
    }
}
