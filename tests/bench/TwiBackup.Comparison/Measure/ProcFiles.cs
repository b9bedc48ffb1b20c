using System.Globalization;

namespace TwiBackup.Comparison.Measure;

/// <summary>What the kernel tells of processes (<see href="https://man7.org/linux/man-pages/man5/proc.5.html">proc(5)</see>).</summary>
internal static class ProcFiles
{
    private const double TicksPerSecond = 100;

    /// <summary>Processes that this one has started and that live.</summary>
    public static List<int> Children(int process) =>
        [.. (Read($"/proc/{process}/task/{process}/children") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Number)];

    /// <summary>The process and everything below it.</summary>
    public static IEnumerable<int> Tree(int process) => Children(process).SelectMany(Tree).Prepend(process);

    /// <summary>The program's name, at most 15 characters; null when there is no such process.</summary>
    public static string? Name(int process) => Read($"/proc/{process}/comm")?.TrimEnd();

    /// <summary>The most memory that it ever held (VmHWM) in bytes.</summary>
    public static long PeakMemory(int process)
    {
        var line = Read($"/proc/{process}/status")?.Split('\n').FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        return line is null ? 0 : 1024L * Number(line["VmHWM:".Length..].Replace("kB", "", StringComparison.Ordinal).Trim());
    }

    /// <summary>Processor seconds of a process, of the children that it has waited for, and of those that live.</summary>
    public static double CpuOfTree(int process) => Tree(process).Sum(Cpu);

    private static double Cpu(int process)
    {
        var stat = Read($"/proc/{process}/stat");
        if (stat is null)
            return 0;
        // Behind the name, which may hold spaces: state is field 3; utime, stime, cutime, cstime are 14 to 17.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return fields[11..15].Sum(Number) / TicksPerSecond;
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended.
            return null;
        }
    }
}
