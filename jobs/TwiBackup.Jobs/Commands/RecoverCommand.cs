using System.CommandLine;
using Spectre.Console;
using TwiBackup.Catalog;
using TwiBackup.Policy;
using TwiBackup.Progress;
using TwiBackup.Recovery;

namespace TwiBackup.Commands;

/// <summary><c>twibackup recover</c>.</summary>
internal static class RecoverCommand
{
    public static Command Create()
    {
        var options = new RecoverOptions();
        var command = new Command("recover", "Recover the whole system from the store: repository, configuration, database, application; begin it or go on where it stopped");
        options.AddTo(command);
        return command.Runs((parsed, cancellationToken) => RunAsync(parsed, options, cancellationToken));
    }

    private static async Task<ExitCode> RunAsync(ParseResult parsed, RecoverOptions options, CancellationToken cancellationToken)
    {
        await using var job = JobContext.Open(parsed.GetValue(GlobalOptions.Policy), JobRole.Restorer, new LineProgress(Console.Error));
        await using var replica = options.IsFromReplica(parsed) ? RequireReplica(job) : null;
        var catalog = replica is null ? job.Catalog : new SetCatalog(replica, job.Policy.System, job.Keys);
        var basis = options.Read(parsed, job, catalog);
        var isThere = basis.Resume && File.Exists(basis.JournalFile);
        if (!isThere)
        {
            var isAgreed = await ShowPlanAsync(parsed, options, job, basis, cancellationToken);
            if (isAgreed is not { } agreed)
                return ExitCode.Done;
            basis = basis with { KeepAside = agreed };
        }
        else if (parsed.GetValue(options.DryRun))
        {
            return RecoverReport.Journal(basis, job);
        }

        var result = await RecoverAsync(parsed, options, job, basis with { ResumeCommand = RecoverOptions.ResumeCommand(parsed, basis.KeepAside) }, cancellationToken);
        RecoverReport.Result(result);
        if (result.Failure is { } failure)
            throw new TwiBackupException($"{failure.TrimEnd('.')}. When that is mended go on with: {RecoverOptions.ResumeCommand(parsed, basis.KeepAside)}", result.Cause);
        return result.Met || result.IsHandedOver ? ExitCode.Done : ExitCode.ObjectiveMissed;
    }

    private static async Task<RecoveryResult> RecoverAsync(
        ParseResult parsed, RecoverOptions options, JobContext job, RecoveryOptions basis, CancellationToken cancellationToken)
    {
        // The server's account passes through to its data directory.
        if (options.Into(parsed) is { } into && !Directory.Exists(into))
            Directory.CreateDirectory(into, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        try
        {
            return await ConsoleProgress.RunAsync(async progress =>
            {
                await using var policy = Of(job, progress);
                return await new RecoveryRun(policy.Fill(basis, options.Into(parsed)), progress, job.Clock).RunAsync(cancellationToken);
            });
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync($"Go on with: {basis.ResumeCommand}");
            throw;
        }
    }

    /// <summary>Shows what would be done, and asks. Null: nothing is to be done; else whether what is in the way may be kept aside.</summary>
    private static async Task<bool?> ShowPlanAsync(
        ParseResult parsed, RecoverOptions options, JobContext job, RecoveryOptions basis, CancellationToken cancellationToken)
    {
        await using var policy = Of(job, job.Progress);
        var filled = policy.Fill(basis with { KeepAside = true }, options.Into(parsed));
        var isDry = parsed.GetValue(options.DryRun);
        var isYes = parsed.GetValue(options.Yes);
        if (isYes && !isDry)
            return true;
        var plan = await new RecoveryRun(filled, job.Progress, job.Clock).PlanAsync(cancellationToken);
        RecoverReport.Plan(plan, filled);
        if (isDry)
            return null;
        if (Console.IsInputRedirected || Console.IsErrorRedirected)
            throw new TwiBackupException(ExitCode.WrongUse, "Nobody is there to agree. Add --yes to do this; what is in the way is then kept aside.");
        if (await ConsoleProgress.Error.ConfirmAsync($"Recover [bold]{Markup.Escape(job.Policy.System)}[/]? What is in the way is kept aside.", defaultValue: false, cancellationToken))
            return true;
        ConsoleProgress.Error.WriteLine("Nothing was done.");
        return null;
    }

    private static PolicyRecovery Of(JobContext job, IProgressReporter progress) =>
        new(job.Policy, Path.GetDirectoryName(job.PolicyFile)!, job.Connection(), job.RecoveredConnection(), job.Environment, progress, job.Clock);

    private static Stores.IObjectStore RequireReplica(JobContext job) => job.OpenReplica()
        ?? throw new TwiBackupException(ExitCode.WrongUse, $"{job.PolicyFile} names no replica. Name it as stores.replica, or recover from the primary store.");
}
