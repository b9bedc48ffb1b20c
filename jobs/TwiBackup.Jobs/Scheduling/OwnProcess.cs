using System.Diagnostics;
using System.Runtime.InteropServices;

namespace TwiBackup.Scheduling;

/// <summary>
/// A running <see cref="OwnProgram"/>. Its standard input is held open as long as we live: when it ends, the process knows that nobody
/// waits for it any more, and ends as well. Disposing kills it.
/// </summary>
internal sealed partial class OwnProcess : IAsyncDisposable
{
    private const int Terminate = 15;
    private const string Warning = "warning: ";

    /// <summary>For what a process has written before it ended, when somebody else holds its pipes open.</summary>
    private static readonly TimeSpan OutputPatience = TimeSpan.FromSeconds(1);

    private readonly Process process;
    private readonly Task output;
    private readonly Task errors;
    private volatile string? lastError;
    private volatile string? lastWarning;

    public OwnProcess(Process process, Action<string> onOutput, Action<string> onError)
    {
        this.process = process;
        output = PumpAsync(process.StandardOutput, onOutput);
        errors = PumpAsync(process.StandardError, line =>
        {
            if (line.StartsWith(Warning, StringComparison.Ordinal))
                lastWarning = line[Warning.Length..];
            else if (!string.IsNullOrWhiteSpace(line))
                lastError = line;
            onError(line);
        });
    }

    public int Id => process.Id;

    /// <summary>The last line of standard error that was no warning, else the last warning: what a job that fails ends with.</summary>
    public string? LastWords => lastError ?? lastWarning;

    /// <summary>Waits for the end; the exit code, or 128 and the signal's number.</summary>
    public async Task<int> WaitAsync(CancellationToken cancellationToken)
    {
        await process.WaitForExitAsync(cancellationToken);
        await Task.WhenAll(output, errors).WaitAsync(OutputPatience, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return process.ExitCode;
    }

    /// <summary>Waits for the end; when cancelled, asks it to end (SIGTERM), and after <paramref name="patience"/> kills it.</summary>
    public async Task<int> RunAsync(TimeSpan patience, TimeProvider clock, CancellationToken stop)
    {
        try
        {
            return await WaitAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            _ = SendSignal(process.Id, Terminate);
            using var limit = new CancellationTokenSource(patience, clock);
            try
            {
                return await WaitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                return await WaitAsync(CancellationToken.None);
            }
        }
    }

    /// <summary>How a process ended that did not end well, in words.</summary>
    public static string Describe(int exitCode) => exitCode switch
    {
        > 128 and < 160 => (exitCode - 128) switch
        {
            9 => "it was killed (signal 9; by the kernel, if memory ran out)",
            11 => "it crashed (signal 11)",
            6 => "it crashed (signal 6)",
            var signal => $"it was ended by signal {signal}",
        },
        _ => $"it ended with exit code {exitCode}",
    };

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync(CancellationToken.None);
        await Task.WhenAll(output, errors).WaitAsync(OutputPatience, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        process.Dispose();
    }

    private static async Task PumpAsync(StreamReader reader, Action<string> onLine)
    {
        while (await reader.ReadLineAsync() is { } line)
            onLine(line);
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int process, int signal);
}
