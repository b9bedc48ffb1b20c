using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace TwiBackup.Postgres;

/// <summary>
/// The processes of one server. Each backend is the leader of a session of its own, so they are found not by process group but by
/// their working directory, which is the data directory in all of them, and by their parent.
/// </summary>
internal static partial class ServerProcesses
{
    public const int Interrupt = 2, Quit = 3, Kill = 9, Terminate = 15;

    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(30);

    /// <summary>The postmaster (first, when it lives) and its children, found through /proc.</summary>
    public static List<int> Find(string? dataDirectory, int? postmaster)
    {
        var found = new List<int>();
        if (!Directory.Exists("/proc"))
            return found;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                continue;
            if (id == postmaster
                || (IsPostgres(folder)
                    && ((dataDirectory is not null && WorkingDirectory(folder) == dataDirectory)
                        || (postmaster is not null && Parent(folder) == postmaster))))
                found.Add(id);
        }
        found.Sort((left, right) => (left != postmaster).CompareTo(right != postmaster));
        return found;
    }

    /// <summary>
    /// SIGKILL to every server on a data directory at or below <paramref name="folder"/>, and waits until they are gone. For directories
    /// whose owner, a job of ours, has ended: what such a server still writes it would write into what comes in its place.
    /// </summary>
    /// <exception cref="TwiBackupException">One can't be ended.</exception>
    public static void EndBelow(string folder)
    {
        var place = RealPath(folder);
        var clock = Stopwatch.StartNew();
        var ended = new HashSet<int>();
        while (FindBelow(place) is { Count: > 0 } processes)
        {
            processes.ForEach(process => Signal(process, Kill));
            ended.UnionWith(processes);
            if (clock.Elapsed > EndTimeout)
                throw new TwiBackupException($"A PostgreSQL server (process {processes[0]}) runs on {folder} and can't be ended. End it, then try again.");
            Thread.Sleep(20);
        }

        foreach (var process in ended)
            SharedMemory.RemoveLeftBy(process);
    }

    private static List<int> FindBelow(string folder) =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Where(process => int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out _) && IsPostgres(process)
                && WorkingDirectory(process) is { } directory && (directory == folder || directory.StartsWith(folder + "/", StringComparison.Ordinal)))
            .Select(process => int.Parse(Path.GetFileName(process), CultureInfo.InvariantCulture)),
    ];

    /// <summary>Without links, as the kernel names a working directory.</summary>
    private static string RealPath(string path)
    {
        Span<byte> buffer = stackalloc byte[4097];
        return ResolvePath(path, ref MemoryMarshal.GetReference(buffer)) == 0
            ? Path.GetFullPath(path)
            : Encoding.UTF8.GetString(buffer[..buffer.IndexOf((byte)0)]);
    }

    /// <summary>False when there is no such process (any more).</summary>
    public static bool Signal(int process, int signal) => SendSignal(process, signal) == 0;

    private static bool IsPostgres(string folder) => Read(Path.Combine(folder, "comm"))?.TrimEnd() is "postgres" or "postmaster";

    private static string? WorkingDirectory(string folder)
    {
        try
        {
            return new FileInfo(Path.Combine(folder, "cwd")).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // "pid (name) state ppid …": the name may hold spaces and parentheses.
    private static int Parent(string folder)
    {
        var stat = Read(Path.Combine(folder, "stat"));
        var words = stat?[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words is { Length: > 1 } && int.TryParse(words[1], CultureInfo.InvariantCulture, out var parent) ? parent : 0;
    }

    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "realpath", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint ResolvePath(string path, ref byte resolved);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int process, int signal);
}
