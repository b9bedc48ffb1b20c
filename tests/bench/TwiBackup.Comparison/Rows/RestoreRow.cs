using TwiBackup.Comparison.Measure;
using TwiBackup.Comparison.Report;

namespace TwiBackup.Comparison.Rows;

/// <summary>A restore from an empty folder to a server that is on the disk, has recovered, and can be written to.</summary>
internal sealed class RestoreRow : IRow
{
    private const string What = "restore";

    public string Name => "restore";

    public async Task<IReadOnlyList<Line>> MeasureAsync(Bench bench, CancellationToken cancellationToken)
    {
        await EnsureSetsAsync(bench, cancellationToken);
        var pairs = await Pairs.RunAsync(
            bench.Options.Pairs, ct => bench.Ours.RestoreAsync(ct), bench.PgBackRest is { } peer ? peer.RestoreAsync : null, cancellationToken);
        return
        [
            Figures.Speed(What, pairs, "pgBackRest", atLeast: 1.6),
            Figures.Cpu(What, pairs, "pgBackRest"),
            Figures.Peak(What, pairs.Ours.Max(u => u.Peak), MemoryRow.Limit),
        ];
    }

    /// <summary>Both sides have a set to restore, whether or not backups were measured.</summary>
    private static async Task EnsureSetsAsync(Bench bench, CancellationToken cancellationToken)
    {
        if (Disk.BytesBelow(bench.Ours.Store!) == 0)
            await bench.Ours.BackUpAsync(cancellationToken);
        if (bench.PgBackRest is { } peer && Disk.BytesBelow(Path.Combine(peer.Repository, "backup")) < 1 << 20)
            await peer.BackUpAsync(cancellationToken);
    }
}
