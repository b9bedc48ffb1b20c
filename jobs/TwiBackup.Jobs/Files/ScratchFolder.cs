namespace TwiBackup.Files;

/// <summary>A private folder (0700) for what must lie on disk for a while; disposing removes it with everything in it.</summary>
internal sealed class ScratchFolder : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public ScratchFolder(string parent)
    {
        Path = System.IO.Path.Combine(parent, $"twibackup-{Guid.NewGuid():N}");
        Directory.CreateDirectory(Path, Private);
    }

    public string Path { get; }

    public void Dispose()
    {
        if (Directory.Exists(Path))
            Directory.Delete(Path, recursive: true);
    }
}
