using System.CommandLine;
using TwiBackup.Comparison.Report;
using TwiBackup.Comparison.Rows;
using TwiBackup.Progress;

namespace TwiBackup.Comparison;

/// <summary>Measures ours beside its peers in one run on this machine, and prints the table of docs/benchmarks.md.</summary>
internal static class Program
{
    private static readonly IRow[] _rows =
    [
        new BackupRow(), new RestoreRow(), new ReplayRow(), new ReceiveRow(), new MemoryRow(), new StartRow(), new S3Row(), new WorkersRow(), new ColdRow(),
        new SmallTablesRow(), new ChainRow(), new IdleRow(),
    ];

    private static async Task<int> Main(string[] args)
    {
        var executable = new Option<FileInfo>("--executable") { Description = "The native executable", Required = true };
        var size = new Option<string>("--size") { Description = "Size of the large database", DefaultValueFactory = _ => "3GB" };
        var pairs = new Option<int>("--pairs") { Description = "How often ours and its peer run in turn", DefaultValueFactory = _ => 3 };
        var rows = new Option<string>("--rows") { Description = $"Only these, divided by commas: {string.Join(',', _rows.Select(r => r.Name))}" };
        var folder = new Option<string>("--folder") { Description = "Where there is room for thirteen times the size", DefaultValueFactory = _ => Path.GetTempPath() };
        var keep = new Option<bool>("--keep") { Description = "Leave everything behind, to look at" };
        var page = new Option<string?>("--write") { Description = "Put the table into this page" };
        var command = new RootCommand("Compares TwiBackup with pgBackRest, pg_receivewal and pg_dump | gzip.") { executable, size, pairs, rows, folder, keep, page };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            new BenchOptions(
                parsed.GetRequiredValue(executable).FullName,
                SizeText.TryParse(parsed.GetRequiredValue(size), out var bytes) && bytes >= 100_000_000
                    ? bytes
                    : throw new TwiBackupException(ExitCode.WrongUse, "Give --size as at least 100MB, such as 300MB or 3GB."),
                Math.Max(1, parsed.GetValue(pairs)),
                parsed.GetValue(rows)?.Split(',') ?? [], Path.GetFullPath(parsed.GetRequiredValue(folder)), parsed.GetValue(keep), parsed.GetValue(page)),
            cancellationToken));
        try
        {
            return await command.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (TwiBackupException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return (int)e.ExitCode;
        }
    }

    /// <summary>3 when a bar is missed.</summary>
    private static async Task<int> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        foreach (var unknown in options.Rows.Except(_rows.Select(r => r.Name)))
            throw new TwiBackupException(ExitCode.WrongUse, $"There is no row {unknown}. There are: {string.Join(", ", _rows.Select(r => r.Name))}.");
        await using var bench = await Bench.OpenAsync(options, cancellationToken);
        await bench.FillAsync(cancellationToken);
        List<Line> lines = [];
        foreach (var row in _rows.Where(r => options.Rows.Count == 0 || options.Rows.Contains(r.Name)))
        {
            Bench.Say($"measuring {row.Name}");
            foreach (var line in await MeasureAsync(row, bench, cancellationToken))
            {
                Bench.Say($"  {line.What}: {string.Join("  ", ((string[])[line.Ours, line.Beside, line.Ratio]).Where(part => part.Length > 0))}");
                lines.Add(line);
            }
        }

        var table = Table.Markdown(await Machine.DescribeAsync(bench, cancellationToken), lines);
        Console.Out.Write(table);
        if (options.Page is { } page)
            await Table.WriteAsync(page, table, cancellationToken);
        var missed = lines.Count(line => line.Met == false);
        Bench.Say(missed == 0 ? "done; nothing that is wanted was missed" : $"done; {missed} of what is wanted was missed");
        return (int)(missed == 0 ? ExitCode.Done : ExitCode.ObjectiveMissed);
    }

    /// <summary>A row that fails must not take the others, which may have been measured for a quarter of an hour, with it.</summary>
    private static async Task<IReadOnlyList<Line>> MeasureAsync(IRow row, Bench bench, CancellationToken cancellationToken)
    {
        try
        {
            return await row.MeasureAsync(bench, cancellationToken);
        }
#pragma warning disable CA1031 // Whatever it was is said, and the run does not end with 0.
        catch (Exception failure) when (failure is not OperationCanceledException)
#pragma warning restore CA1031
        {
            Bench.Say($"  {row.Name} could not be measured: {failure}");
            return [new Line(row.Name, "could not be measured", Wanted: "a figure", Met: false)];
        }
    }
}
