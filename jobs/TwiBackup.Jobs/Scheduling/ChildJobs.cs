using TwiBackup.Alerts;
using TwiBackup.Policy;

namespace TwiBackup.Scheduling;

/// <summary>Runs jobs as processes of this program.</summary>
internal sealed class ChildJobs(
    OwnProgram program, BackupPolicy policy, IReadOnlyDictionary<string, string> environment, Action<string> log, TimeProvider clock)
{
    /// <summary>How long a job may take to end when it is told to; the scheduler itself has 10 s.</summary>
    public static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(8);

    /// <summary>Runs a job to its end; never throws for what the job does.</summary>
    public async Task<JobOutcome> RunAsync(ScheduledJob job, CancellationToken stop)
    {
        var (outcome, _) = await RunWithCodeAsync(job, log, stop);
        return outcome;
    }

    /// <summary>The same, with what it writes to standard output and its exit code.</summary>
    public async Task<(JobOutcome Outcome, int ExitCode)> RunWithCodeAsync(ScheduledJob job, Action<string> onOutput, CancellationToken stop)
    {
        var began = clock.GetTimestamp();
        try
        {
            await using var process = program.Start(
                [.. job.Arguments, .. job.Options], JobEnvironment.For(job.Secrets, policy, environment), line => onOutput($"{job.Name}: {line}"), line => log($"{job.Name}: {line}"));
            var code = await process.RunAsync(StopPatience, clock, stop);
            return (Judge(job, code, process.LastWords, clock.GetElapsedTime(began), stop.IsCancellationRequested), code);
        }
        catch (TwiBackupException e)
        {
            log($"{job.Name}: {e.Message}");
            return (new JobOutcome(job.Name, JobResult.Failed, e.Message, clock.GetElapsedTime(began)) { MayWorkLater = true }, (int)ExitCode.Failed);
        }
    }

    private static JobOutcome Judge(ScheduledJob job, int code, string? lastWords, TimeSpan duration, bool wasStopped)
    {
        if (code == (int)ExitCode.Done)
            return new JobOutcome(job.Name, JobResult.Succeeded, null, duration);
        if (wasStopped)
            return new JobOutcome(job.Name, JobResult.Stopped, null, duration);
        var spoke = code is (int)ExitCode.Failed or (int)ExitCode.WrongUse or (int)ExitCode.ObjectiveMissed;
        var reason = spoke && lastWords is not null ? lastWords
            : lastWords is null ? $"{Capital(OwnProcess.Describe(code))}."
            : $"{Capital(OwnProcess.Describe(code))}; it had said last: {lastWords}";
        return new JobOutcome(job.Name, JobResult.Failed, reason, duration)
        {
            MayWorkLater = code is not ((int)ExitCode.WrongUse or (int)ExitCode.ObjectiveMissed),
        };
    }

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
