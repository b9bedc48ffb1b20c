using System.Text;

namespace TwiBackup.Rehearsal.Bot;

/// <summary>Appends to an acknowledgement log (<see cref="AckLog"/>); one writer a file.</summary>
internal sealed class AckLogWriter : IDisposable
{
    private readonly FileStream _lock;
    private readonly FileStream _file;

    private AckLogWriter(FileStream @lock, FileStream file)
    {
        _lock = @lock;
        _file = file;
    }

    /// <summary>
    /// Creates the file (mode 0600), or goes on behind the last whole line of one that was written since the machine started.
    /// </summary>
    /// <exception cref="TwiBackupException">
    /// It can't be written, somebody writes it already, it is of an earlier boot, or is another file.
    /// </exception>
    public static AckLogWriter Open(string path)
    {
        FileStream? hold = null;
        FileStream? file = null;
        try
        {
            // A lock on the log itself would keep readers out.
            hold = Open(path + ".lock", FileShare.None, FileOptions.DeleteOnClose);
            file = Open(path, FileShare.ReadWrite, FileOptions.None);
            var writer = new AckLogWriter(hold, file);
            if (file.Length == 0)
            {
                writer.Write(AckLog.Header());
            }
            else
            {
                var log = AckLog.Read(path, file, out var end);
                if (log.Boot != MonotonicInstant.ThisBoot)
                    throw new TwiBackupException(
                        ExitCode.WrongUse, $"{path} was begun before this machine was restarted; give a new file with --acks.");
                file.SetLength(end);
                file.Position = end;
            }

            return writer;
        }
        catch (Exception failed)
        {
            file?.Dispose();
            hold?.Dispose();
            if (failed is IOException or UnauthorizedAccessException) throw Unwritable(path, failed);
            throw;
        }
    }

    /// <summary>Returns once the record is on disk.</summary>
    public void Append(Acknowledgement record)
    {
        try
        {
            Write(AckLog.Line(record));
        }
        catch (IOException failed)
        {
            throw Unwritable(_file.Name, failed);
        }
    }

    public void Dispose()
    {
        _file.Dispose();
        _lock.Dispose();
    }

    private static FileStream Open(string path, FileShare share, FileOptions kind)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = share,
            Options = kind,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }

    private void Write(string line)
    {
        _file.Write(Encoding.ASCII.GetBytes(line));
        _file.Flush(flushToDisk: true);
    }

    private static TwiBackupException Unwritable(string path, Exception cause) =>
        new($"The acknowledgement log {path} can't be written: {cause.Message}; without it no loss can be measured.", cause);
}
