namespace TwiBackup.Postgres;

/// <summary>Where this program lies, for whoever starts it again as another process.</summary>
internal static class OwnExecutable
{
    private const string Name = "twibackup";

    /// <summary>The running executable; when the code runs inside another one (a test), the one beside it.</summary>
    public static string Path
    {
        get
        {
            var running = Environment.ProcessPath;
            if (running is not null && System.IO.Path.GetFileName(running) == Name)
                return running;
            var beside = System.IO.Path.Combine(AppContext.BaseDirectory, Name);
            return File.Exists(beside)
                ? beside
                : throw new TwiBackupException($"The executable {Name} does not lie beside {running}, so its parts can't be started. Run the published executable.");
        }
    }
}
