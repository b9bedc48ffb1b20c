namespace TwiBackup.Stores;

/// <summary>
/// While it lives, prune leaves alone what its holder reads (decision 23). It is a locked file below <c>.twibackup/leases</c>:
/// the lock ends with the process, however that ends.
/// </summary>
public sealed class FileLease : IDisposable
{
    private readonly FileStream _file;
    private readonly string _path;
    private bool _disposed;

    private FileLease(string name, FileStream file, string path)
    {
        Name = name;
        _file = file;
        _path = path;
    }

    /// <summary>What the holder called it, e.g. the id of the set being restored.</summary>
    public string Name { get; }

    internal static FileLease Take(FileLayout layout, string name)
    {
        layout.EnsureFolder(layout.Temporary);
        layout.EnsureFolder(layout.Leases);
        var temporary = layout.NewTemporaryPath();
        var file = PrivateFile.Create(temporary);
        try
        {
            // Locked before it has its name: no moment at which it looks abandoned.
            if (!Posix.TryLock(file.SafeFileHandle, temporary))
                throw new TwiBackupException($"{layout.Root}: a new file there is locked already. Does its file system support flock(2)?");
            var path = Path.Combine(layout.Leases, $"{name}{Separator}{Path.GetFileName(temporary)}");
            if (Posix.Rename(temporary, path) is var errno and not 0)
                throw Posix.Failure(errno, path);
            return new FileLease(name, file, path);
        }
        catch
        {
            file.Dispose();
            _ = Posix.Remove(temporary);
            throw;
        }
    }

    /// <summary>The names of the leases that somebody holds; what crashed holders left is removed.</summary>
    internal static IReadOnlyList<string> Active(FileLayout layout)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        if (Posix.Status(layout.Leases) is null)
            return [];
        foreach (var path in Directory.EnumerateFiles(layout.Leases))
        {
            if (IsHeld(path))
                names.Add(Path.GetFileName(path).Split(Separator)[0]);
        }
        return [.. names];
    }

    private static bool IsHeld(string path)
    {
        try
        {
            using var file = Posix.OpenToRead(path);
            if (!Posix.TryLock(file, path))
                return true;
            _ = Posix.Remove(path);
            return false;
        }
        catch (IOException released) when (released.HResult == Posix.NoEntry)
        {
            return false;
        }
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _ = Posix.Remove(_path);
        _file.Dispose();
    }

    private const char Separator = '~';
}
