using System.CommandLine;
using System.Globalization;
using TwiBackup.Alerts;
using TwiBackup.Catalog;
using TwiBackup.Policy;
using TwiBackup.Scheduling;
using TwiBackup.Status;
using TwiBackup.Stores;

namespace TwiBackup.Commands;

/// <summary><c>twibackup schedule</c>.</summary>
internal static class ScheduleCommand
{
    public static Command Create()
    {
        var once = new Option<string?>("--once")
        {
            Description = "Only run this now, as the schedule would, and end with its exit code: full, incremental, dump, configuration, repository, logs, verification (all of them, one after the other), rehearsal, prune",
            HelpName = "KIND",
        };
        var metrics = new Option<string?>("--metrics") { Description = "Keep a Prometheus text file up to date (name it *.prom in the textfile collector's folder)", HelpName = "FILE" };
        var jitter = new Option<TimeSpan>("--jitter")
        {
            Description = "The longest that a job is put off behind its time, always the same for one system, so that many systems don't meet (default 60s)",
            HelpName = "TIME",
            DefaultValueFactory = _ => TimeSpan.FromMinutes(1),
            CustomParser = result =>
            {
                if (Duration.TryParse(result.Tokens[0].Value, out var time))
                    return time;
                result.AddError($"--jitter \"{result.Tokens[0].Value}\" is no duration. Write it like 60s or 5m.");
                return default;
            },
        };
        var health = new Option<bool>("--health") { Description = "Only ask the scheduler of this machine how it is: one line, 0 when it works and receives WAL, else 1" };
        var command = new Command("schedule", "Run the policy's jobs at their times, with the WAL receiver and the configuration watcher beside them, until told to stop") { once, metrics, jitter, health };
        return command.Runs(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(health))
                return TellHealth(StateFolder.Find(ProcessEnvironment.Read()));
            await using var job = JobContext.Open(parsed.GetValue(GlobalOptions.Policy), JobRole.Reader, new LineProgress(Console.Error));
            var program = OwnProgram.Find(job.PolicyFile);
            if (parsed.GetValue(once) is { } kind)
                return await RunOnceAsync(ScheduledJobs.Find(job.Policy, kind), program, job, parsed, cancellationToken);

            var state = StateFolder.Find(job.Environment);
            using var only = ScheduleLock.Take(state, job.Policy.System, Log);
            using var telemetry = TelemetryExport.Start(job.Environment, JobReport.LastWordsOfMany);
            await using var alerts = JobAlerts.Open(job.Policy, job.Environment, Log, job.Clock);
            await using var replica = job.OpenReplica();
            var reader = job.Status(replica);
            var options = new ScheduleOptions
            {
                Policy = job.Policy,
                Environment = job.Environment,
                Program = program,
                MetricsFile = parsed.GetValue(metrics) is { } file ? Path.GetFullPath(file) : null,
                StateFolder = state,
                MostJitter = parsed.GetValue(jitter),
            };
            Log($"Schedule of {job.Policy.System} into {job.Store.Location}, times in {job.Policy.TimeZone.Id}.");
            using var service = new ScheduleService(options, job.Catalog, reader, job.Verifications(), alerts, Log, job.Clock);
            await service.RunAsync(cancellationToken);
            Log("Stopped.");
            return ExitCode.Done;
        });
    }

    /// <summary>On standard output either way: that is what container engines keep.</summary>
    private static ExitCode TellHealth(string folder)
    {
        var health = ScheduleHealth.Read(folder);
        var problem = health is null ? $"no scheduler has begun its work: none tells of itself in {folder}" : health.ProblemAt(TimeProvider.System.GetUtcNow());
        Console.Out.WriteLine(problem is null ? $"OK {health}" : $"ILL {problem}");
        return problem is null ? ExitCode.Done : ExitCode.Failed;
    }

    private static async Task<ExitCode> RunOnceAsync(
        IReadOnlyList<ScheduledJob> scheduled, OwnProgram program, JobContext job, ParseResult parsed, CancellationToken cancellationToken)
    {
        var children = new ChildJobs(program, job.Policy, job.Environment, Console.Error.WriteLine, job.Clock);
        await using var alerts = JobReport.OpenAlerts(parsed, job.Environment);
        var worst = ExitCode.Done;
        foreach (var each in scheduled)
        {
            var (outcome, code) = await children.RunWithCodeAsync(each, Console.Out.WriteLine, cancellationToken);
            if (alerts is not null)
                await alerts.ReportAsync(outcome, cancellationToken);
            if (code != 0 && worst != ExitCode.Failed)
                worst = Enum.IsDefined((ExitCode)code) ? (ExitCode)code : ExitCode.Failed;
            cancellationToken.ThrowIfCancellationRequested();
        }

        return worst;
    }

    private static void Log(string line) =>
        Console.Error.WriteLine($"{TimeProvider.System.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)} {line}");
}
