using TwiBackup.Postgres;

namespace TwiBackup.Database;

/// <summary>
/// The directory that a restore fills. It must be empty or absent: nothing is restored over something that exists. While it is being
/// filled a marker stands in it, so that what a killed restore left is told from a cluster, and may be begun anew with the word to do so.
/// </summary>
public sealed class RestoreTarget
{
    /// <summary>Stands in the directory from the first byte until the restore has ended well.</summary>
    public const string MarkerName = "twibackup.restoring";

    private const UnixFileMode PrivateFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private RestoreTarget(string path) => Path = path;

    /// <summary>Absolute path of the data directory.</summary>
    public string Path { get; }

    /// <summary>Checks that the directory can be filled, without touching it.</summary>
    /// <exception cref="TwiBackupException">It holds something; wrong use.</exception>
    public static void Require(string path, bool startOver)
    {
        if (File.Exists(path))
            throw new TwiBackupException(ExitCode.WrongUse, $"{path} is a file. Name an empty or new directory.");
        if (!Directory.Exists(path) || !Directory.EnumerateFileSystemEntries(path).Any())
            return;
        if (!File.Exists(System.IO.Path.Combine(path, MarkerName)))
            throw new TwiBackupException(ExitCode.WrongUse, $"{path} is not empty, and nothing is restored over what exists. Name an empty directory, or move this one aside.");
        if (!startOver)
            throw new TwiBackupException(ExitCode.WrongUse, $"{path} holds a restore that did not end. Add --start-over to begin it anew.");
    }

    /// <summary>Makes the directory, or empties what a killed restore left, and marks it. Mode 0700, owned by <paramref name="owner"/>.</summary>
    public static RestoreTarget Prepare(string path, bool startOver, ServerAccount owner, string setId)
    {
        path = System.IO.Path.GetFullPath(path);
        Require(path, startOver);
        var isNew = !Directory.Exists(path);
        Directory.CreateDirectory(path, PrivateFolder);
        File.SetUnixFileMode(path, PrivateFolder);
        if (!isNew)
        {
            // The private server of the restore that was killed may still be ending.
            ServerProcesses.EndBelow(path);
            // The marker last: killed meanwhile, the directory still says what it is.
            foreach (var entry in new DirectoryInfo(path).EnumerateFileSystemInfos().Where(e => e.Name != MarkerName))
            {
                if (entry is DirectoryInfo { LinkTarget: null } folder)
                    folder.Delete(recursive: true);
                else
                    entry.Delete();
            }
        }

        owner.Chown(path);
        var marker = System.IO.Path.Combine(path, MarkerName);
        File.WriteAllText(marker, $"twibackup is restoring set {setId} into this directory. It can't be started before that has ended.\n");
        owner.Chown(marker);
        return new RestoreTarget(path);
    }

    /// <summary>The restore has ended well.</summary>
    public void Complete()
    {
        File.Delete(System.IO.Path.Combine(Path, MarkerName));
        FileSync.SyncFileSystem(Path);
    }
}
