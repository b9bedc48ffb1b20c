namespace TwiBackup.Stores;

/// <summary>Opens an object's file for reading from front to back.</summary>
internal static class FileReading
{
    private const int BufferSize = 64 << 10;

    /// <summary>The bytes in range; null when there is no such file.</summary>
    public static Stream? Open(string path, ReadRange? range)
    {
        FileStream file;
        try
        {
            file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.Open,
                Access = FileAccess.Read,
                Share = FileShare.ReadWrite | FileShare.Delete,
                BufferSize = BufferSize,
                Options = FileOptions.SequentialScan,
            });
        }
        catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        if (range is not { } part)
            return file;
        file.Position = part.Offset;
        return part.Length is { } length ? new LimitedStream(file, length) : file;
    }
}
