using System.Globalization;

namespace TwiBackup.Tests.Invariants;

/// <summary>The most memory that a process ever held, as the kernel counts it.</summary>
internal static class MemoryWatch
{
    /// <summary>VmHWM in bytes, looked at until the process ends.</summary>
    public static async Task<long> PeakAsync(int process, Task ended, CancellationToken cancellationToken)
    {
        var status = $"/proc/{process}/status";
        long peak = 0;
        while (!ended.IsCompleted)
        {
            try
            {
                var line = File.ReadLines(status).FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
                if (line is not null)
                    peak = Math.Max(peak, 1024 * long.Parse(line["VmHWM:".Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture));
            }
            catch (IOException)
            {
                // It has just ended.
            }

            await Task.Delay(10, cancellationToken);
        }

        return peak;
    }
}
