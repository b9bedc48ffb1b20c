using System.Diagnostics;
using System.Globalization;
using TwiBackup.Postgres;

namespace TwiBackup.Comparison.Measure;

/// <summary>
/// A program that runs under <c>/usr/bin/time</c>, which tells the processor seconds of everything that the program waited for. Peak
/// memory is read from <c>/proc</c> while it runs, because <c>time</c> would count a PostgreSQL that the program started as its own.
/// </summary>
internal sealed class TimedProcess : IAsyncDisposable
{
    public const string TimeProgram = "/usr/bin/time";

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    private readonly ChildProcess _child;
    private readonly string _report;
    private readonly string _program;
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly CancellationTokenSource _ended = new();
    private readonly Task<long> _peak;
    private readonly Task<string> _output;

    private TimedProcess(ChildProcess child, string report, string program)
    {
        (_child, _report, _program) = (child, report, program);
        _output = new StreamReader(child.StandardOutput).ReadToEndAsync(CancellationToken.None);
        _peak = WatchAsync();
    }

    /// <summary>Starts the program as <paramref name="account"/>; its folder for <c>time</c>'s report must let that write.</summary>
    public static TimedProcess Start(
        string folder, ServerAccount account, string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var report = Path.Combine(folder, $"time-{Guid.NewGuid():n}");
        var child = ChildProcess.Start(new ChildProcessOptions
        {
            Program = TimeProgram,
            Arguments = ["-q", "-o", report, "-f", "%U %S", program, .. arguments],
            Account = account,
            Environment = environment ?? new Dictionary<string, string?>(),
            WorkingDirectory = folder,
        });
        return new TimedProcess(child, report, program);
    }

    /// <summary>Runs a program to its end; throws one line when it fails.</summary>
    public static async Task<Usage> RunAsync(
        string folder, ServerAccount account, string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string?>? environment,
        CancellationToken cancellationToken)
    {
        await using var process = Start(folder, account, program, arguments, environment);
        return await process.WaitAsync(cancellationToken);
    }

    /// <summary>Waits for the end.</summary>
    public async Task<Usage> WaitAsync(CancellationToken cancellationToken)
    {
        var result = await _child.WaitAsync(cancellationToken);
        var wall = Stopwatch.GetElapsedTime(_started).TotalSeconds;
        await _ended.CancelAsync();
        if (result.ExitCode != 0)
            (result with { Output = await _output }).ThrowIfFailed(_program, "Run with --keep and look into the folder.");
        var words = (await File.ReadAllTextAsync(_report, cancellationToken)).Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        File.Delete(_report);
        return new Usage(wall, Seconds(words[^2]) + Seconds(words[^1]), await _peak);
    }

    /// <summary>Asks the program to end by <paramref name="signal"/> and waits for that.</summary>
    public Task<Usage> StopAsync(int signal, CancellationToken cancellationToken)
    {
        if (ProcessId is not 0 and var program)
            ServerProcesses.Signal(program, signal);
        return WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _child.DisposeAsync();
        await _peak;
        _ended.Dispose();
    }

    /// <summary>The program's process, once <c>time</c> has started it; else 0.</summary>
    public int ProcessId => ProcFiles.Children(_child.ProcessId) is [var program, ..] ? program : 0;

    private static double Seconds(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private async Task<long> WatchAsync()
    {
        var peaks = new Dictionary<int, long>();
        while (!_ended.IsCancellationRequested)
        {
            var program = ProcessId;
            var name = program == 0 ? null : ProcFiles.Name(program);
            foreach (var process in program == 0 ? [] : ProcFiles.Tree(program).Where(p => ProcFiles.Name(p) == name))
                peaks[process] = Math.Max(peaks.GetValueOrDefault(process), ProcFiles.PeakMemory(process));
            await Task.Delay(LookEvery, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return peaks.Values.Sum();
    }
}
