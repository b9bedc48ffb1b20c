using System.Runtime.InteropServices;

namespace TwiBackup.Wal;

/// <summary>link(2).</summary>
internal static partial class HardLink
{
    /// <summary>Gives <paramref name="existing"/> a second name, replacing what has it.</summary>
    public static void Create(string existing, string path)
    {
        File.Delete(path);
        if (Link(existing, path) != 0)
            throw new IOException($"{path} can't be linked: {Marshal.GetLastPInvokeErrorMessage()}.");
    }

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string existing, string path);
}
