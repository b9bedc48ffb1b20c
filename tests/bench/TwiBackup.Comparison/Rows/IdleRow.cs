using System.Globalization;
using TwiBackup.Comparison.Measure;
using TwiBackup.Comparison.Peers;
using TwiBackup.Comparison.Report;
using TwiBackup.Postgres;

namespace TwiBackup.Comparison.Rows;

/// <summary>A day of an idle database: the receiver for a minute, times 1,440, and the hourly restore point, times 24.</summary>
internal sealed class IdleRow : IRow
{
    private const double Day = 86_400;
    private const double Limit = 0.001;

    // A server whose WAL has moved notes its running transactions 15 s later, once.
    private static readonly TimeSpan _settle = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan _watched = TimeSpan.FromMinutes(1);

    public string Name => "idle";

    public async Task<IReadOnlyList<Line>> MeasureAsync(Bench bench, CancellationToken cancellationToken)
    {
        var ours = await OurProgram.CreateAsync(bench, bench.Large, "idle", cancellationToken);
        await ours.BackUpAsync(cancellationToken);
        await using var receiver = ours.Start("wal", "receive");
        await bench.Large.UntilAsync("select exists (select from pg_replication_slots where slot_name = 'twibackup' and active)", cancellationToken);
        var point = await ours.RunAsync(cancellationToken, "backup", "restore-point");
        await Task.Delay(_settle, cancellationToken);

        Bench.Say("watching the idle receiver for a minute");
        var (stored, cpu) = (Stored(ours), ProcFiles.CpuOfTree(receiver.ProcessId));
        await Task.Delay(_watched, cancellationToken);
        cpu = ProcFiles.CpuOfTree(receiver.ProcessId) - cpu;
        var put = Stored(ours).Except(stored).ToList();
        await receiver.StopAsync(ServerProcesses.Terminate, cancellationToken);
        await bench.Large.RunAsync(cancellationToken, "select pg_drop_replication_slot('twibackup')");

        var marks = put.Count(file => file.Contains("/marks/", StringComparison.Ordinal));
        var day = cpu * Day / _watched.TotalSeconds + point.Cpu * 24;
        return
        [
            new Line(
                "a day of an idle database, share of a processor", string.Create(CultureInfo.InvariantCulture, $"{day / Day:0.000 %}"), Wanted: "under 0.1 %",
                Met: day / Day < Limit),
            new Line(
                "WAL put in a minute of an idle database", string.Create(CultureInfo.InvariantCulture, $"{put.Count - marks} objects ({marks} marks of time)"),
                Wanted: "none", Met: put.Count == marks),
        ];
    }

    private static HashSet<string> Stored(OurProgram ours) => [.. Directory.GetFiles(ours.Store!, "*", SearchOption.AllDirectories)];
}
