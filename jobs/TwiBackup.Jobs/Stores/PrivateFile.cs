namespace TwiBackup.Stores;

/// <summary>Files that only their owner can read.</summary>
internal static class PrivateFile
{
    /// <summary>A new file, 0600, without a buffer of its own. Others may open, rename and remove it meanwhile.</summary>
    public static FileStream Create(string path)
    {
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException();
        return new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
    }
}
