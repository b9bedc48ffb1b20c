using System.Text;

namespace TwiBackup.Reports;

/// <summary>A page on disk.</summary>
public static class PageFile
{
    /// <summary>
    /// Replaces a file at once, so that nobody reads half of it. It holds no secret; it is as readable as the file that was there, or for its
    /// owner only.
    /// </summary>
    public static async Task WriteAsync(string path, string content, CancellationToken cancellationToken)
    {
        var temporary = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            var mode = File.Exists(path) ? File.GetUnixFileMode(path) : UnixFileMode.UserRead | UnixFileMode.UserWrite;
            await using (var stream = new FileStream(temporary, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
                await stream.WriteAsync(Encoding.UTF8.GetBytes(content), cancellationToken);
            File.SetUnixFileMode(temporary, mode);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TwiBackupException($"The page can't be written to {path}: {e.Message} Name another file.", e);
        }
    }
}
