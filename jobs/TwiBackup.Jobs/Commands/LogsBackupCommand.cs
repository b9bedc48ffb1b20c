using System.CommandLine;
using TwiBackup.Files;

namespace TwiBackup.Commands;

/// <summary><c>twibackup backup logs</c>.</summary>
internal static class LogsBackupCommand
{
    public static Command Create()
    {
        var all = new Option<bool>("--all") { Description = "Also logs that are still written, as they are now" };
        var command = new Command("logs", "Archive rotated logs that no set holds yet") { all, GlobalOptions.Json };
        return command.Runs(JobRole.Writer, async (parsed, job, cancellationToken) =>
        {
            var policy = job.Policy.Backups.Logs
                ?? throw new TwiBackupException(ExitCode.WrongUse, $"{job.PolicyFile} archives no logs. Give it the section backups.logs.");
            var options = new LogBackupOptions { Paths = policy.Paths, Keep = policy.Keep, All = parsed.GetValue(all) };
            var result = await new LogBackup(job.Catalog, options, job.Clock, job.Progress).RunAsync(cancellationToken);
            foreach (var left in result.Left)
                job.Progress.Say($"Left for next time: {left.Path} {left.Why}.");
            if (result.Set is not null)
                Output.Set(result.Set, parsed.GetValue(GlobalOptions.Json));
            else
                Console.Out.WriteLine($"No new logs: {result.Archived} are archived already, {result.Left.Count} are left for next time.");
            return ExitCode.Done;
        });
    }
}
