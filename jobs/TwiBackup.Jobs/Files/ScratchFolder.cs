using TwiBackup.Postgres;
using TwiBackup.Stores;

namespace TwiBackup.Files;

/// <summary>
/// A private folder for what must lie on disk for a while; disposing removes it with everything in it. What a killed process left behind,
/// which may be a whole restored database, the next one that makes a scratch folder in the same place removes: a lock in the folder, which
/// ends with the process however that ends, tells which are in use.
/// </summary>
internal sealed class ScratchFolder : IDisposable
{
    private const string Prefix = "twibackup-scratch-";
    private const string LockName = ".in-use";
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Passable = Private | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly FileStream held;
    private bool keep;

    /// <param name="parent">Where it is made.</param>
    /// <param name="passable">Whether other accounts (the server's) may pass through it to what is theirs; they can't list it.</param>
    public ScratchFolder(string parent, bool passable = false)
    {
        Path = System.IO.Path.Combine(parent, $"{Prefix}{Guid.NewGuid():N}");
        Directory.CreateDirectory(Path, Private);
        held = Hold(Path);
        if (passable)
            File.SetUnixFileMode(Path, Passable);
        Sweep(parent, FileCalls.Facts(Path)!.Value.UserId);
    }

    public string Path { get; }

    /// <summary>Leaves it, for a person to look at.</summary>
    public void Keep() => keep = true;

    public void Dispose()
    {
        if (keep)
            File.Delete(System.IO.Path.Combine(Path, LockName));
        else if (Directory.Exists(Path))
            Directory.Delete(Path, recursive: true);
        held.Dispose();
    }

    /// <summary>Locked before it has its name: there is no moment at which the folder looks abandoned.</summary>
    private static FileStream Hold(string folder)
    {
        var nameless = System.IO.Path.Combine(folder, LockName + ".new");
        var file = PrivateFile.Create(nameless);
        if (!Posix.TryLock(file.SafeFileHandle, nameless))
            throw new TwiBackupException($"{folder}: a new file there is locked already. Does its file system support flock(2)?");
        File.Move(nameless, System.IO.Path.Combine(folder, LockName));
        return file;
    }

    /// <summary>Only our own folders: in what belongs to others nobody could be trusted while it is removed.</summary>
    private static void Sweep(string parent, uint user)
    {
        foreach (var folder in Directory.EnumerateDirectories(parent, Prefix + "*"))
        {
            try
            {
                if (FileCalls.Facts(folder) is not { Kind: FileEntryKind.Folder } facts || facts.UserId != user || !IsAbandoned(folder))
                    continue;
                ServerProcesses.EndBelow(folder);
                Directory.Delete(folder, recursive: true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or TwiBackupException)
            {
                // Another does the same at this moment, or it can't be removed: no reason not to do what we are here for.
            }
        }
    }

    private static bool IsAbandoned(string folder)
    {
        var path = System.IO.Path.Combine(folder, LockName);
        if (!File.Exists(path))
            return false;
        using var file = Posix.OpenToRead(path);
        return Posix.TryLock(file, path);
    }
}
