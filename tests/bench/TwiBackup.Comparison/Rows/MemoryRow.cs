using TwiBackup.Comparison.Measure;
using TwiBackup.Comparison.Peers;
using TwiBackup.Comparison.Report;

namespace TwiBackup.Comparison.Rows;

/// <summary>Peak memory at a tenth of the size, to be held against that of the large database.</summary>
internal sealed class MemoryRow : IRow
{
    /// <summary>What any job may hold.</summary>
    public const long Limit = 256L << 20;

    public string Name => "memory";

    public async Task<IReadOnlyList<Line>> MeasureAsync(Bench bench, CancellationToken cancellationToken)
    {
        await using var small = await BenchServer.StartAsync(bench, "tenth", cancellationToken);
        await Filling.FillAsync(small, bench.Options.SmallSize, cancellationToken);
        var ours = await OurProgram.CreateAsync(bench, small, "tenth", cancellationToken);
        var backup = await ours.BackUpAsync(cancellationToken);
        var restore = await ours.RestoreAsync(cancellationToken);
        return
        [
            Figures.Peak("full backup of a tenth of the size", backup.Peak, Limit),
            Figures.Peak("restore of a tenth of the size", restore.Peak, Limit),
        ];
    }
}
