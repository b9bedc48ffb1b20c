using System.CommandLine;
using TwiBackup.Progress;

namespace TwiBackup.Commands;

/// <summary>Runs what a command does, and turns what it throws into one line on standard error and an exit code.</summary>
internal static class CommandRunner
{
    /// <summary>Sets the command's action.</summary>
    public static Command Runs(this Command command, Func<ParseResult, CancellationToken, Task<ExitCode>> action)
    {
        command.SetAction(async (parsed, cancellationToken) =>
        {
            try
            {
                return (int)await action(parsed, cancellationToken);
            }
            catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
            {
                throw new TwiBackupException("Something did not answer in time, and did not say what. Run again with --verbose and report it.", e);
            }
        });
        return command;
    }

    /// <summary>Sets the action of a command that works with a policy and shows progress.</summary>
    public static Command Runs(this Command command, JobRole role, Func<ParseResult, JobContext, CancellationToken, Task<ExitCode>> action) =>
        command.Runs((parsed, cancellationToken) => ConsoleProgress.RunAsync(async progress =>
        {
            await using var job = JobContext.Open(parsed.GetValue(GlobalOptions.Policy), role, progress);
            return await action(parsed, job, cancellationToken);
        }));

    /// <summary>Runs a command line that parsed; when it is a job, its end is told to whoever has to hear of it.</summary>
    public static async Task<int> RunAsync(ParseResult parsed, InvocationConfiguration configuration)
    {
        using var parent = ParentWatch.Start();
        await using var report = JobReport.Begin(parsed);
        var (code, reason, isStopped) = await InvokeAsync(parsed, configuration, parent?.Gone ?? CancellationToken.None);
        await report.EndAsync(code, reason, isStopped);
        return code;
    }

    private static async Task<(int Code, string? Reason, bool IsStopped)> InvokeAsync(
        ParseResult parsed, InvocationConfiguration configuration, CancellationToken cancellationToken)
    {
        var verbose = parsed.GetValue(GlobalOptions.Verbose);
        try
        {
            return (await parsed.InvokeAsync(configuration, cancellationToken), null, false);
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("Stopped before the end.");
            return ((int)ExitCode.Failed, null, true);
        }
        catch (TwiBackupException e)
        {
            return await FailAsync((int)e.ExitCode, e.Message, verbose ? e.InnerException : null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return await FailAsync((int)ExitCode.Failed, e.Message, verbose ? e : null);
        }
        catch (Exception e)
        {
            return await FailAsync((int)ExitCode.Failed, $"Unexpected: {e.GetType().Name}: {e.Message} Run again with --verbose and report it.", verbose ? e : null);
        }
    }

    private static async Task<(int Code, string? Reason, bool IsStopped)> FailAsync(int code, string reason, Exception? cause)
    {
        // The reason last: whoever supervises us takes the last line for it.
        await ExplainAsync(cause);
        await Console.Error.WriteLineAsync(reason);
        return (code, reason, false);
    }

    private static async Task ExplainAsync(Exception? cause)
    {
        if (cause is not null)
            await Console.Error.WriteLineAsync(cause.ToString());
    }
}
