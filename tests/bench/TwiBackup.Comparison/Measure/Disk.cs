using System.Runtime.InteropServices;

namespace TwiBackup.Comparison.Measure;

/// <summary>The machine's disk and page cache.</summary>
internal static partial class Disk
{
    private const string DropCaches = "/proc/sys/vm/drop_caches";

    /// <summary>Whether this account may empty the page cache.</summary>
    public static bool CanForget => Environment.IsPrivilegedProcess && File.Exists(DropCaches);

    /// <summary>Returns when everything written so far is on the disk (<c>sync(2)</c>).</summary>
    [LibraryImport("libc", EntryPoint = "sync")]
    public static partial void Sync();

    /// <summary>Empties the page cache.</summary>
    public static void Forget()
    {
        Sync();
        File.WriteAllText(DropCaches, "3\n");
    }

    /// <summary>Bytes of all files below a folder, links not followed: pgBackRest names its newest backup twice.</summary>
    public static long BytesBelow(string folder) => Directory.Exists(folder)
        ? new DirectoryInfo(folder).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }).Sum(f => f.Length)
        : 0;
}
