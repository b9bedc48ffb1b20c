using TwiBackup.Comparison.Measure;
using TwiBackup.Comparison.Report;

namespace TwiBackup.Comparison.Rows;

/// <summary>A full backup of a database of which nothing is in the page cache. Emptying that needs root.</summary>
internal sealed class ColdRow : IRow
{
    public string Name => "cold";

    public async Task<IReadOnlyList<Line>> MeasureAsync(Bench bench, CancellationToken cancellationToken)
    {
        if (!Disk.CanForget)
        {
            Bench.Say("emptying the page cache needs root: the row is left out");
            return [];
        }

        var pairs = await Pairs.RunAsync(
            bench.Options.Pairs, Cold(bench.Ours.BackUpAsync), bench.PgBackRest is { } peer ? Cold(peer.BackUpAsync) : null, cancellationToken);
        return [Figures.Speed("full backup, cold page cache", pairs, "pgBackRest")];
    }

    private static Func<CancellationToken, Task<Usage>> Cold(Func<CancellationToken, Task<Usage>> run) => cancellationToken =>
    {
        Disk.Forget();
        return run(cancellationToken);
    };
}
