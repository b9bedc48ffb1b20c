using System.Globalization;
using System.Text;
using TwiBackup.Policy;
using TwiBackup.Policy.SystemChecks;
using TwiBackup.Progress;

namespace TwiBackup.Verification.Live;

/// <summary>Whether the application's process runs, and has for a while (<see href="https://man7.org/linux/man-pages/man5/proc.5.html">proc(5)</see>).</summary>
internal sealed class ProcessChecks(ProcessPolicy policy, string proc = "/proc")
{
    private const int TicksPerSecond = 100;
    private const int StartField = 22;

    public IEnumerable<SystemCheck> All()
    {
        yield return new("process/up", _ => Task.FromResult(Check()));
    }

    private Answer Check()
    {
        var up = double.Parse(File.ReadAllText(Path.Combine(proc, "uptime")).Split(' ')[0], CultureInfo.InvariantCulture);
        var ages = Directory.EnumerateDirectories(proc)
            .Where(folder => Path.GetFileName(folder) is var name && name.All(char.IsAsciiDigit) && name != Environment.ProcessId.ToString(CultureInfo.InvariantCulture))
            .Where(folder => CommandLine(folder).Contains(policy.Command, StringComparison.Ordinal))
            .Select(folder => (Id: Path.GetFileName(folder), Age: StartedAt(folder) is { } start ? up - start : (double?)null))
            .Where(process => process.Age is not null)
            .ToList();
        if (ages.Count == 0)
            return Answer.Bad($"no process has \"{policy.Command}\" in its command line");
        var (id, age) = ages.MaxBy(process => process.Age);
        var time = TimeSpan.FromSeconds(Math.Max(age!.Value, 0));
        return Answer.Of(
            time >= policy.UpFor, $"process {id}, up for {Sizes.Text(time)}",
            $"process {id} is up for {Sizes.Text(time)} only, less than {Duration.Format(policy.UpFor)}: does it start again and again?");
    }

    private static string CommandLine(string folder) => Read(Path.Combine(folder, "cmdline")).Replace('\0', ' ');

    // "pid (name) state …": the name may hold blanks and parentheses.
    private static double? StartedAt(string folder)
    {
        var stat = Read(Path.Combine(folder, "stat"));
        var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > StartField - 3 && double.TryParse(fields[StartField - 3], CultureInfo.InvariantCulture, out var ticks) ? ticks / TicksPerSecond : null;
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path, Encoding.UTF8);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended.
            return "";
        }
    }
}
