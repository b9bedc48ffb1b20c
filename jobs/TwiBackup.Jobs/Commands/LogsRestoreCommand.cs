using System.CommandLine;
using TwiBackup.Catalog;
using TwiBackup.Files;

namespace TwiBackup.Commands;

/// <summary><c>twibackup restore logs</c>.</summary>
internal static class LogsRestoreCommand
{
    public static Command Create()
    {
        var set = new SetOptions();
        var root = new Option<string>("--root")
        {
            Description = "Restore below this folder instead of the places everything came from",
            HelpName = "DIR",
            DefaultValueFactory = _ => "/",
        };
        var replace = new Option<bool>("--replace")
        {
            Description = "Replace what is there and differs; it is kept beside, as NAME.twibackup-ID",
        };
        var every = new Option<bool>("--every") { Description = "Every set that is kept, each below a folder of its own in --root" };
        var command = new Command("logs", "Restore archived logs") { root, replace, every };
        set.AddTo(command);
        return command.Runs(JobRole.Restorer, async (parsed, job, cancellationToken) =>
        {
            var (id, at) = set.Read(parsed);
            var folder = Path.GetFullPath(parsed.GetRequiredValue(root));
            if (parsed.GetValue(every))
            {
                if (folder == "/" || id is not null)
                    throw new TwiBackupException(
                        ExitCode.WrongUse, "--every restores all sets into folders of their own: give --root a folder, and no --id.");
                var sets = await LogHistory.RestoreAsync(job.Catalog, folder, at, job.Clock, job.Progress, cancellationToken);
                Console.Out.WriteLine($"Restored {sets.Count} sets of logs to {folder}.");
                return ExitCode.Done;
            }

            var options = new FilesRestoreOptions { SetId = id, At = at, Root = folder, Replace = parsed.GetValue(replace) };
            var (restored, result) = await new FilesRestore(job.Catalog, SetKind.Logs, options, job.Clock, job.Progress).RunAsync(
                cancellationToken);
            ConfigurationRestoreCommand.Tell(restored, result, folder);
            return ExitCode.Done;
        });
    }
}
