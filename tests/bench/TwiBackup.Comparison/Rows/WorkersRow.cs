using TwiBackup.Comparison.Measure;
using TwiBackup.Comparison.Peers;
using TwiBackup.Comparison.Report;

namespace TwiBackup.Comparison.Rows;

/// <summary>Two compressing threads against one.</summary>
internal sealed class WorkersRow : IRow
{
    public string Name => "workers";

    public async Task<IReadOnlyList<Line>> MeasureAsync(Bench bench, CancellationToken cancellationToken)
    {
        var one = await OurProgram.CreateAsync(bench, bench.Large, "one-worker", cancellationToken, workers: 1);
        var pairs = await Pairs.RunAsync(bench.Options.Pairs, bench.Ours.BackUpAsync, one.BackUpAsync, cancellationToken);
        return [Figures.Speed("full backup, two workers", pairs, "one worker"), Figures.Cpu("full backup, two workers", pairs, "one worker")];
    }
}
