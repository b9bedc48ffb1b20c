using System.Diagnostics;
using System.Text.RegularExpressions;
using TwiBackup.Postgres;
using TwiBackup.Progress;

namespace TwiBackup.Recovery;

/// <summary>
/// A command of the policy: run without a shell, with a clean environment, what it says passed on line by line, and never with a secret in
/// it.
/// </summary>
/// <param name="name">What it is for, e.g. <c>provision</c>.</param>
/// <param name="words">The program and its arguments.</param>
/// <param name="folder">Where it runs.</param>
/// <param name="variables">What it gets beside PATH, HOME, LANG and TZ.</param>
/// <param name="secrets">What is not to be shown, should it say it.</param>
internal sealed partial class ExternalCommand(
    string name, IReadOnlyList<string> words, string folder, IReadOnlyDictionary<string, string?> variables, SecretMask secrets, IProgressReporter progress)
{
    private const int LongestLine = 2000;

    /// <summary>How long it may take to end when it is told to: Pulumi leaves its state locked when it is killed.</summary>
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(5);

    /// <summary>What a server that it started may keep open of its output is not waited for.</summary>
    private static readonly TimeSpan OutputPatience = TimeSpan.FromSeconds(1);

    private volatile string lastLine = "";

    /// <summary>Runs it to its end. Throws one line that quotes it when it fails.</summary>
    public async Task<string> RunAsync(CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        using var process = ChildProcess.StartProcess(
            new ChildProcessOptions
            {
                Program = Resolve(words[0]),
                Arguments = [.. words.Skip(1)],
                WorkingDirectory = Directory.Exists(folder) ? folder : "/",
                Environment = variables,
            },
            capture: true);
        process.StandardInput.Close();
        using var ended = new CancellationTokenSource();
        var reading = Task.WhenAll(ReadAsync(process.StandardOutput, ended.Token), ReadAsync(process.StandardError, ended.Token));
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            await EndAsync(process);
            throw;
        }
        finally
        {
            ended.CancelAfter(OutputPatience);
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return process.ExitCode == 0
            ? $"{words[0]} ended well after {Sizes.Text(watch.Elapsed)}."
            : throw new TwiBackupException(
                $"{name} failed: {words[0]} ended with exit code {process.ExitCode}{(lastLine.Length == 0 ? "" : $": {lastLine.TrimEnd('.')}")}. The command stands in the policy as recovery.{name}; repair what it names, then go on.");
    }

    /// <summary>A relative path starts where the command runs, as it would in a shell; a bare name is looked up in PATH.</summary>
    private string Resolve(string program) => program.Contains('/', StringComparison.Ordinal) ? Path.GetFullPath(program, folder) : program;

    private static async Task EndAsync(Process process)
    {
        ServerProcesses.Signal(process.Id, ServerProcesses.Interrupt);
        using var patience = new CancellationTokenSource(EndPatience);
        await process.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
    }

    private async Task ReadAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            var plain = new string([.. Escapes().Replace(line, "").Where(c => !char.IsControl(c)).Take(LongestLine)]);
            if (string.IsNullOrWhiteSpace(plain))
                continue;
            lastLine = secrets.Hide(plain.Trim());
            progress.Say($"{name}: {secrets.Hide(plain)}");
        }
    }

    [GeneratedRegex(@"\x1b(\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[@-Z\\-_])")]
    private static partial Regex Escapes();
}
