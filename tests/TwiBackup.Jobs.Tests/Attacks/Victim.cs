using System.Diagnostics;
using System.Globalization;
using TwiBackup.Tests.Invariants;

namespace TwiBackup.Tests.Attacks;

/// <summary>The program as a process that gets SIGKILL when a measure of its progress, which only grows, reaches a point.</summary>
internal static class Victim
{
    /// <summary>Runs to the end; how far the measure had come.</summary>
    public static async Task<long> MeasureAsync(Process process, Func<long> meter)
    {
        var ended = CommandLine.EndAsync(process);
        long last = 0;
        while (!ended.IsCompleted)
        {
            last = Math.Max(last, meter());
            await Task.Delay(1, CommandLine.Cancellation);
        }

        var outcome = await ended;
        Assert.True(outcome.ExitCode == 0, outcome.Errors);
        return Math.Max(last, meter());
    }

    /// <summary>Kills at the point; false when it ended before, well or not.</summary>
    public static async Task<(bool Killed, CommandLine.Outcome Outcome)> KillAsync(Process process, Func<long> meter, long at)
    {
        var ended = CommandLine.EndAsync(process);
        while (!ended.IsCompleted)
        {
            if (meter() >= at)
            {
                try
                {
                    process.Kill();
                }
                catch (InvalidOperationException)
                {
                    // It has ended in this moment, and was disposed of.
                }

                break;
            }

            await Task.Delay(1, CommandLine.Cancellation);
        }

        var outcome = await ended;
        return (outcome.ExitCode == 128 + 9, outcome);
    }

    /// <summary>Bytes that the process has written to files and pipes, as the kernel counts them.</summary>
    public static Func<long> Written(Process process) => Counter(process.Id, "wchar: ");

    /// <summary>Bytes that the process has read from files and pipes.</summary>
    public static Func<long> Read(Process process) => Counter(process.Id, "rchar: ");

    /// <summary>Milliseconds since now.</summary>
    public static Func<long> Clock()
    {
        var watch = Stopwatch.StartNew();
        return () => watch.ElapsedMilliseconds;
    }

    /// <summary>Points spread over a whole run, each in a part of its own and by chance within it.</summary>
    public static IEnumerable<long> Points(Random random, long total, int count)
    {
        for (var i = 0; i < count; i++)
            yield return (long)(total * (i + random.NextDouble()) / count);
    }

    private static Func<long> Counter(int process, string name)
    {
        long last = 0;
        return () =>
        {
            try
            {
                var line = File.ReadLines($"/proc/{process}/io").First(l => l.StartsWith(name, StringComparison.Ordinal));
                return last = long.Parse(line.AsSpan(name.Length), CultureInfo.InvariantCulture);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException)
            {
                return last;
            }
        };
    }
}
