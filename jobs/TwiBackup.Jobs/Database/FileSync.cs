using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace TwiBackup.Database;

/// <summary>Durability of many files at once: one <c>syncfs(2)</c> instead of an fsync a file.</summary>
internal static partial class FileSync
{
    private const int ReadOnly = 0; // O_RDONLY, which opens folders, too

    /// <summary>Returns when everything written to the file system of <paramref name="folder"/> is durable. Throws <see cref="IOException"/>.</summary>
    public static void SyncFileSystem(string folder)
    {
        using var handle = OpenFolder(folder, ReadOnly);
        if (handle.IsInvalid || SyncFs(handle) != 0)
            throw new IOException($"{folder} can't be synced to disk: {Marshal.GetLastPInvokeErrorMessage()}.");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle OpenFolder(string path, int flags);

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    private static partial int SyncFs(SafeFileHandle handle);
}
