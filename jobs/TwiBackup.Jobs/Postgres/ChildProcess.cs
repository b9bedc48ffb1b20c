using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace TwiBackup.Postgres;

/// <summary>
/// A program run by us, PostgreSQL's or any other (<c>git</c>, <c>age</c>): without a shell, with a clean environment, its standard error
/// captured and bounded. Read <see cref="StandardOutput"/> to its end, then <see cref="WaitAsync"/>. Disposing kills it and all it started.
/// </summary>
public sealed class ChildProcess : IAsyncDisposable
{
    /// <summary>The most characters kept of a captured output.</summary>
    public const int CaptureLimit = 1 << 20;

    private const string SetSession = "/usr/bin/setsid";
    private const string SetPrivileges = "/usr/bin/setpriv";

    private static readonly string[] _kept = ["PATH", "HOME"];

    private readonly Process _process;
    private readonly Task<string> _errorOutput;
    private readonly Task _input;
    private readonly CancellationTokenSource _ended = new();

    private ChildProcess(Process process, Stream? input)
    {
        _process = process;
        _errorOutput = CaptureTailAsync(process.StandardError, _ended.Token);
        _input = FeedAsync(process.StandardInput.BaseStream, input, _ended.Token);
    }

    public int ProcessId => _process.Id;

    /// <summary>The program's standard output, to be read to its end by the caller, who need not dispose it.</summary>
    public Stream StandardOutput => _process.StandardOutput.BaseStream;

    /// <summary>Starts a program. Throws one line when it is not there.</summary>
    public static ChildProcess Start(ChildProcessOptions options) => new(StartProcess(options, capture: true), options.Input);

    /// <summary>Runs a program to its end, with its standard output captured; past <see cref="CaptureLimit"/> it is an error.</summary>
    public static async Task<ChildResult> RunAsync(ChildProcessOptions options, CancellationToken cancellationToken)
    {
        await using var child = Start(options);
        using var reader = new StreamReader(child.StandardOutput, leaveOpen: true);
        var output = new StringBuilder();
        var buffer = new char[4096];
        int count;
        while ((count = await reader.ReadAsync(buffer, cancellationToken)) > 0)
        {
            if (output.Length + count > CaptureLimit)
                throw new TwiBackupException($"{options.Program} wrote more than {CaptureLimit} characters where a short answer was "
                    + $"expected. Run it by hand to see what it says.");
            output.Append(buffer, 0, count);
        }
        var result = await child.WaitAsync(cancellationToken);
        return result with { Output = output.ToString() };
    }

    /// <summary>Waits for the end; when cancelled, kills the program and all it started.</summary>
    public async Task<ChildResult> WaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _process.WaitForExitAsync(cancellationToken);
            await _input.WaitAsync(cancellationToken);
            return new ChildResult(_process.ExitCode, "", await _errorOutput.WaitAsync(cancellationToken));
        }
        catch (OperationCanceledException)
        {
            Kill();
            throw;
        }
    }

    /// <summary>SIGKILL to the program and all it started.</summary>
    public void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It has ended by itself.
        }
    }

    public async ValueTask DisposeAsync()
    {
        Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        await _ended.CancelAsync();
        await Task.WhenAll(_errorOutput, _input).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _process.Dispose();
        _ended.Dispose();
    }

    /// <param name="capture">Whether its input and outputs are ours.</param>
    /// <param name="holdInput">Whether its input is a pipe that ends when we do.</param>
    internal static Process StartProcess(ChildProcessOptions options, bool capture, bool holdInput = false)
    {
        // Behind a wrapper it would be the wrapper that can't start it, and that says so in its own words.
        if (Path.IsPathRooted(options.Program) && !File.Exists(options.Program))
            throw new TwiBackupException($"{options.Program} could not be started: it is not there. Is it installed?");
        List<string> words = [.. Wrappers(options), options.Program, .. options.Arguments];
        var start = new ProcessStartInfo(words[0], words.Skip(1))
        {
            WorkingDirectory = options.WorkingDirectory,
            RedirectStandardInput = capture || holdInput,
            RedirectStandardOutput = capture,
            RedirectStandardError = capture,
        };
        if (options.Account is { IsSelf: false } account && !File.Exists(SetPrivileges))
            start.UserName = account.Name;
        SetEnvironment(start.Environment, options);
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new TwiBackupException($"{options.Program} could not be started: {e.Message}. Is it installed and in PATH?", e);
        }
    }

    /// <summary>
    /// Programs that replace themselves by what follows, so that the process id stays the program's. The runtime could change the account,
    /// too, but between its vfork and its exec, by a call that waits for threads of ours that are just being made: killed in that moment we
    /// would leave a process that waits for them for ever, and holds what we held.
    /// </summary>
    private static IEnumerable<string> Wrappers(ChildProcessOptions options)
    {
        if (options.OwnSession && File.Exists(SetSession))
            yield return SetSession;
        if (options.Account is { IsSelf: false } account && File.Exists(SetPrivileges))
        {
            foreach (var word in (string[])[SetPrivileges, $"--reuid={account.UserId}", $"--regid={account.GroupId}", "--init-groups", "--"])
                yield return word;
        }
    }

    private static void SetEnvironment(IDictionary<string, string?> environment, ChildProcessOptions options)
    {
        foreach (var name in environment.Keys.Except(_kept).ToList())
            environment.Remove(name);
        environment["LANG"] = "C.UTF-8";
        environment["TZ"] = "UTC";
        if (options.Account is { IsSelf: false } account)
            environment["HOME"] = account.Home;
        foreach (var (name, value) in options.Environment)
        {
            if (value is null)
                environment.Remove(name);
            else
                environment[name] = value;
        }
    }

    private static async Task FeedAsync(Stream standardInput, Stream? source, CancellationToken cancellationToken)
    {
        await using (standardInput)
        {
            try
            {
                if (source is not null)
                    await source.CopyToAsync(standardInput, 128 * 1024, cancellationToken);
            }
            catch (IOException)
            {
                // The program ended without reading everything: its exit code tells.
            }
        }
    }

    private static async Task<string> CaptureTailAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var buffer = new char[4096];
        int count;
        while ((count = await reader.ReadAsync(buffer, cancellationToken)) > 0)
        {
            if (text.Length + count > CaptureLimit)
                text.Remove(0, Math.Max(text.Length / 2, text.Length + count - CaptureLimit));
            text.Append(buffer, 0, count);
        }
        return text.ToString();
    }
}
