using System.Globalization;
using System.Runtime.InteropServices;
using TwiBackup.Comparison.Peers;
using TwiBackup.Postgres;

namespace TwiBackup.Comparison.Report;

/// <summary>What was measured on.</summary>
internal static class Machine
{
    public static async Task<string> DescribeAsync(Bench bench, CancellationToken cancellationToken)
    {
        var peer = await PeerAsync(cancellationToken);
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1 << 30);
        var disk = new DriveInfo(bench.Folder);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{DateTime.UtcNow:yyyy-MM-dd}, {Processor()}, {Environment.ProcessorCount} processors, {memory:0} GiB, {disk.DriveFormat}, {RuntimeInformation.OSDescription}; "
                + $"PostgreSQL {bench.Installation.Version}, {peer}; database of {bench.Options.Size / 1e9:0.##} GB, {bench.Options.Pairs} pairs.");
    }

    private static string Processor() =>
        File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim()
            ?? RuntimeInformation.ProcessArchitecture.ToString();

    private static async Task<string> PeerAsync(CancellationToken cancellationToken)
    {
        if (!PgBackRest.IsThere)
            return "pgBackRest not installed";
        var result = await ChildProcess.RunAsync(new ChildProcessOptions { Program = "pgbackrest", Arguments = ["version"] }, cancellationToken);
        return result.Output.Trim();
    }
}
