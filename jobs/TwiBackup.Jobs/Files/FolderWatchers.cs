using TwiBackup.Progress;

namespace TwiBackup.Files;

/// <summary>Hears of changes below paths and patterns. What does not exist is waited for in the nearest folder above that does.</summary>
internal sealed class FolderWatchers : IDisposable
{
    private readonly List<FileSystemWatcher> watchers = [];

    public FolderWatchers(IEnumerable<string> patterns, Action heard, IProgressReporter progress)
    {
        foreach (var (folder, deep) in Folders(patterns))
        {
            try
            {
                watchers.Add(Start(folder, deep, heard));
            }
            catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
            {
                progress.Warn($"{folder} can't be watched ({e.Message.TrimEnd('.')}); it is looked at every few minutes instead.");
            }
        }
    }

    public void Dispose()
    {
        foreach (var watcher in watchers)
            watcher.Dispose();
    }

    /// <summary>A folder that the policy names is watched with everything in it; for a file, the folder it lies in.</summary>
    private static Dictionary<string, bool> Folders(IEnumerable<string> patterns)
    {
        var folders = new Dictionary<string, bool>(StringComparer.Ordinal);
        foreach (var pattern in patterns)
        {
            foreach (var path in PathPattern.Expand(pattern))
            {
                var isFolder = Directory.Exists(path);
                Add(isFolder ? path : Path.GetDirectoryName(path)!, isFolder);
                if (Path.GetDirectoryName(path) is { } parent)
                    Add(parent, deep: false);
            }

            var open = PathPattern.FixedFolder(pattern);
            while (!Directory.Exists(open))
                open = Path.GetDirectoryName(open)!;
            Add(open, deep: open != "/" && PathPattern.HasWildcards(Path.GetDirectoryName(pattern) ?? ""));
        }

        return folders;

        void Add(string folder, bool deep) => folders[folder] = deep || folders.GetValueOrDefault(folder);
    }

    private static FileSystemWatcher Start(string folder, bool deep, Action heard)
    {
        // Without LastAccess: reading for a backup must not be heard.
        var watcher = new FileSystemWatcher(folder)
        {
            IncludeSubdirectories = deep,
            NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite
                | NotifyFilters.Size | NotifyFilters.Attributes,
        };
        watcher.Changed += (_, _) => heard();
        watcher.Created += (_, _) => heard();
        watcher.Deleted += (_, _) => heard();
        watcher.Renamed += (_, _) => heard();
        // Its buffer overflowed or the folder went: look at everything.
        watcher.Error += (_, _) => heard();
        watcher.EnableRaisingEvents = true;
        return watcher;
    }
}
