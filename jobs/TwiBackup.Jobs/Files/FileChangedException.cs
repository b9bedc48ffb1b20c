namespace TwiBackup.Files;

/// <summary>A file was written while it was read, so that what was read is no state it ever had. The whole is read again.</summary>
internal sealed class FileChangedException(string path) : Exception($"{path} changed while it was read")
{
    public string Path { get; } = path;
}
