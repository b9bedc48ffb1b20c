using System.Diagnostics;
using System.Globalization;
using TwiBackup.Tests.Invariants;

namespace TwiBackup.Tests.Attacks;

/// <summary>Processes that have to do with a folder: their working directory or one of their arguments lies there.</summary>
internal static class LeftOvers
{
    public static List<string> Find(string folder)
    {
        var found = new List<string>();
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(p => int.TryParse(Path.GetFileName(p), NumberStyles.None, CultureInfo.InvariantCulture, out _)))
        {
            try
            {
                var arguments = File.ReadAllText(Path.Combine(process, "cmdline")).Replace('\0', ' ');
                var directory = new FileInfo(Path.Combine(process, "cwd")).LinkTarget ?? "";
                if (directory.StartsWith(folder, StringComparison.Ordinal) || arguments.Contains(folder, StringComparison.Ordinal))
                    found.Add($"{Path.GetFileName(process)} {arguments}");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended.
            }
        }

        return found;
    }

    /// <summary>Waits until none is left; fails when one stays.</summary>
    public static async Task WaitUntilNoneAsync(string folder)
    {
        var watch = Stopwatch.StartNew();
        while (Find(folder) is { Count: > 0 } left)
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"still there: {string.Join(" | ", left)}");
            await Task.Delay(50, CommandLine.Cancellation);
        }
    }
}
