using TwiBackup.Comparison.Measure;
using TwiBackup.Comparison.Peers;
using TwiBackup.Comparison.Report;

namespace TwiBackup.Comparison.Rows;

/// <summary>A full backup into an S3 server on this machine, beside the same into a folder.</summary>
internal sealed class S3Row : IRow
{
    public string Name => "s3";

    public async Task<IReadOnlyList<Line>> MeasureAsync(Bench bench, CancellationToken cancellationToken)
    {
        await using var radosgw = await Radosgw.StartAsync(bench, cancellationToken);
        if (radosgw is null)
            return [];
        var stored = await OurProgram.CreateAsync(bench, bench.Large, "s3", radosgw, cancellationToken);
        var pairs = await Pairs.RunAsync(bench.Options.Pairs, stored.BackUpAsync, bench.Ours.BackUpAsync, cancellationToken);
        return
        [
            Figures.Speed("full backup to radosgw (parts of 16 MiB, 4 in flight)", pairs, "to a folder"),
            Figures.Cpu("full backup to radosgw", pairs, "to a folder"),
            Figures.Peak("full backup to radosgw", pairs.Ours.Max(u => u.Peak), MemoryRow.Limit),
        ];
    }
}
