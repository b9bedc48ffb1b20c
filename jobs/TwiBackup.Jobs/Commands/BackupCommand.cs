using System.CommandLine;
using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Policy;
using TwiBackup.Progress;

namespace TwiBackup.Commands;

/// <summary><c>twibackup backup</c>.</summary>
internal static class BackupCommand
{
    public static Command Create() => new("backup", "Take a backup now")
    {
        CreateDatabase(),
        DumpBackupCommand.Create(),
        RestorePointCommand.Create(),
        ConfigurationBackupCommand.Create(),
        RepositoryBackupCommand.Create(),
        LogsBackupCommand.Create(),
    };

    private static Command CreateDatabase()
    {
        var spread = new Option<bool>("--spread-checkpoint") { Description = "Spread the first checkpoint over time (gentler on a busy server) instead of taking it at once" };
        var command = new Command("database", "Take a full physical backup, sealed and stored while it runs, with the WAL that makes it consistent") { spread, GlobalOptions.Json };
        return command.Runs(JobRole.Writer, async (parsed, job, cancellationToken) =>
        {
            if (job.Policy.Database.Mode == DatabaseMode.Dump)
                throw new TwiBackupException(ExitCode.WrongUse, $"{job.PolicyFile} says that this server has no physical replication (database.mode is dump). Use: twibackup backup dump");
            var full = job.Policy.Backups.Full;
            var options = new FullBackupOptions
            {
                Keep = job.Policy.KeepFor("full"),
                Level = full?.Level ?? 3,
                Workers = full?.Workers ?? 2,
                FastCheckpoint = !parsed.GetValue(spread),
            };
            var backup = new FullBackup(job.Catalog, job.Connection(), options, job.Clock, job.Progress);
            var set = await backup.RunAsync(cancellationToken);
            Output.Set(set, parsed.GetValue(GlobalOptions.Json));
            return ExitCode.Done;
        });
    }
}
