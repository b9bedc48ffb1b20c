namespace TwiBackup.Scheduling;

/// <summary>One scheduler a system on a machine: a second would run everything twice. The kernel frees it with the process.</summary>
internal sealed class ScheduleLock : IDisposable
{
    private readonly FileStream? file;

    private ScheduleLock(FileStream? file) => this.file = file;

    /// <summary>Takes it, or throws that it is taken. Where there is no folder to write to, it is said and goes without.</summary>
    public static ScheduleLock Take(string folder, string system, Action<string> log)
    {
        var path = Path.Combine(folder, $"schedule-{system}.lock");
        try
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            return new ScheduleLock(new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }));
        }
        catch (IOException e) when (File.Exists(path))
        {
            throw new TwiBackupException(
                $"Another twibackup schedule of {system} runs on this machine ({path} is locked). Stop that one, or let it run.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log($"{folder} can't be used, so nothing keeps a second scheduler of {system} from running on this machine.");
            return new ScheduleLock(null);
        }
    }

    public void Dispose() => file?.Dispose();
}
