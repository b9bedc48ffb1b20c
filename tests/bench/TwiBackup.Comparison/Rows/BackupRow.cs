using TwiBackup.Comparison.Measure;
using TwiBackup.Comparison.Peers;
using TwiBackup.Comparison.Report;

namespace TwiBackup.Comparison.Rows;

/// <summary>A full backup, to the committed set with the WAL that makes it consistent.</summary>
internal sealed class BackupRow : IRow
{
    private const string What = "full backup";

    public string Name => "backup";

    public async Task<IReadOnlyList<Line>> MeasureAsync(Bench bench, CancellationToken cancellationToken)
    {
        var pairs = await Pairs.RunAsync(
            bench.Options.Pairs, bench.Ours.BackUpAsync, bench.PgBackRest is { } peer ? peer.BackUpAsync : null, cancellationToken);
        Bench.Say("the guide's script");
        var guide = await new GuideScript(bench, bench.Large).BackUpAsync(cancellationToken);
        var ours = pairs.Mine(u => u.Wall);
        return
        [
            Figures.Speed(What, pairs, "pgBackRest", atLeast: 1.6),
            Figures.Cpu(What, pairs, "pgBackRest"),
            Figures.Stored(What, pairs, "pgBackRest"),
            Figures.Peak(What, pairs.Ours.Max(u => u.Peak), MemoryRow.Limit),
            new Line(
                $"{What} against the guide's script", Figures.Seconds(ours), $"pg_dump \\| gzip {Figures.Seconds(guide.Wall)}",
                $"{Figures.Number(guide.Wall / ours)} times as fast"),
        ];
    }
}
