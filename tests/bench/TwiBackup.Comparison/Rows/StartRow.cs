using TwiBackup.Comparison.Measure;
using TwiBackup.Comparison.Report;
using TwiBackup.Postgres;

namespace TwiBackup.Comparison.Rows;

/// <summary>How long the program takes to say what it can do.</summary>
internal sealed class StartRow : IRow
{
    private const int Runs = 21;
    private const double Limit = 0.030;

    public string Name => "start";

    public async Task<IReadOnlyList<Line>> MeasureAsync(Bench bench, CancellationToken cancellationToken)
    {
        var seconds = new List<double>();
        for (var i = 0; i < Runs; i++)
        {
            var watch = System.Diagnostics.Stopwatch.StartNew();
            var result = await ChildProcess.RunAsync(new ChildProcessOptions { Program = bench.Executable, Arguments = ["--help"] }, cancellationToken);
            seconds.Add(watch.Elapsed.TotalSeconds);
            result.ThrowIfFailed("twibackup --help", "Publish it again.");
        }

        var median = Pairs.Median(seconds);
        return [new Line("`twibackup --help`", Figures.Seconds(median), Wanted: $"under {Figures.Seconds(Limit)}", Met: median < Limit)];
    }
}
