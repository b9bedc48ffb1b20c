using TwiBackup.Comparison.Measure;
using TwiBackup.Comparison.Report;
using TwiBackup.Postgres;

namespace TwiBackup.Comparison.Rows;

/// <summary>How long the program takes to say what it can do.</summary>
internal sealed class StartRow : IRow
{
    private const int Batches = 7;
    private const int Runs = 20;
    private const double Limit = 0.030;

    public string Name => "start";

    public async Task<IReadOnlyList<Line>> MeasureAsync(Bench bench, CancellationToken cancellationToken)
    {
        var seconds = new List<double>();
        for (var i = 0; i < Batches; i++)
        {
            // By a shell, as a person starts it: this process is large and slow to start others from.
            var watch = System.Diagnostics.Stopwatch.StartNew();
            var result = await ChildProcess.RunAsync(
                new ChildProcessOptions
                {
                    Program = "/bin/sh",
                    Arguments = ["-ec", "i=0; while [ $i -lt $1 ]; do \"$0\" --help >/dev/null; i=$((i + 1)); done", bench.Executable, $"{Runs}"],
                },
                cancellationToken);
            seconds.Add(watch.Elapsed.TotalSeconds / Runs);
            result.ThrowIfFailed("twibackup --help", "Publish it again.");
        }

        var median = Pairs.Median(seconds);
        return [new Line("`twibackup --help`", Figures.Seconds(median), Wanted: $"under {Figures.Seconds(Limit)}", Met: median < Limit)];
    }
}
