using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace TwiBackup.Postgres;

/// <summary>
/// What a server that was killed leaves in the kernel: a small System V segment, which tells others that a data directory is in use
/// (<see href="https://www.postgresql.org/docs/current/kernel-resources.html#SYSVIPC">19.4.1</see>). A server started there anew removes
/// it; for a directory that is deleted nobody does, and a machine has room for some thousand of them.
/// </summary>
internal static partial class SharedMemory
{
    private const string Segments = "/proc/sysvipc/shm";
    private const int Remove = 0;
    private const int IdColumn = 1, MakerColumn = 4, AttachedColumn = 6;
    private static readonly TimeSpan _longestEnd = TimeSpan.FromSeconds(2);

    /// <summary>Removes what a process that has ended made, once nobody is attached: those that it started end a moment later.</summary>
    public static void RemoveLeftBy(int process)
    {
        var clock = Stopwatch.StartNew();
        while (MadeBy(process) is { Count: > 0 } left)
        {
            foreach (var (id, _) in left.Where(segment => segment.Attached == 0))
                _ = Control(id, Remove, 0);
            if (left.TrueForAll(segment => segment.Attached == 0) || clock.Elapsed > _longestEnd)
                return;
            Thread.Sleep(5);
        }
    }

    /// <summary>The System V segments that a process made, and how many are attached to each.</summary>
    public static List<(int Id, int Attached)> MadeBy(int process)
    {
        var maker = process.ToString(CultureInfo.InvariantCulture);
        try
        {
            return
            [
                .. File.ReadLines(Segments)
                    .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                    .Where(words => words.Length > AttachedColumn && words[MakerColumn] == maker)
                    .Select(words => (Number(words[IdColumn]), Number(words[AttachedColumn]))),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // No Linux, or one that does not tell.
            return [];
        }
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    [LibraryImport("libc", EntryPoint = "shmctl", SetLastError = true)]
    private static partial int Control(int id, int command, nint buffer);
}
