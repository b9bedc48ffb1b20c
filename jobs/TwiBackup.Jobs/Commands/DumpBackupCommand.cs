using System.CommandLine;
using TwiBackup.Database.Dumps;
using TwiBackup.Postgres;

namespace TwiBackup.Commands;

/// <summary><c>twibackup backup dump</c>.</summary>
internal static class DumpBackupCommand
{
    public static Command Create()
    {
        var command = new Command("dump", "Take a logical dump of the roles and databases, sealed and stored while it runs, with the rows and digests of every table")
        {
            GlobalOptions.Json,
        };
        return command.Runs(JobRole.Writer, async (parsed, job, cancellationToken) =>
        {
            var policy = job.Policy.Backups.Dump
                ?? throw new TwiBackupException(ExitCode.WrongUse, $"{job.PolicyFile} takes no dumps. Give it the section backups.dump.");
            var options = new DumpBackupOptions
            {
                Keep = policy.Keep,
                Databases = job.Policy.Database.Databases,
                LockTimeout = policy.LockTimeout,
                Workers = job.Policy.Backups.Full?.Workers ?? 2,
            };
            var backup = new DumpBackup(
                job.Catalog, job.Connection(), major => PostgresInstallation.FindClient("pg_dump", major, job.Environment), options, job.Clock, job.Progress);
            Output.Set(await backup.RunAsync(cancellationToken), parsed.GetValue(GlobalOptions.Json));
            return ExitCode.Done;
        });
    }
}
