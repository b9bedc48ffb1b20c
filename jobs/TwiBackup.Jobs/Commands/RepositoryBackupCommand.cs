using System.CommandLine;
using TwiBackup.Repositories;

namespace TwiBackup.Commands;

/// <summary><c>twibackup backup repository</c>.</summary>
internal static class RepositoryBackupCommand
{
    public static Command Create()
    {
        var scratch = new Option<string>("--scratch")
        {
            Description = "A folder with room for a mirror of the repository",
            HelpName = "FOLDER",
            DefaultValueFactory = _ => Path.GetTempPath(),
        };
        var command = new Command("repository", "Take the code repository with its whole history as a git bundle")
        {
            scratch, GlobalOptions.Json,
        };
        return command.Runs(JobRole.Writer, async (parsed, job, cancellationToken) =>
        {
            var policy = job.Policy.Backups.Repository
                ?? throw new TwiBackupException(
                    ExitCode.WrongUse, $"{job.PolicyFile} takes no repository. Give it the section backups.repository.");
            var access = GitAccess.For(policy.Source, policy.TokenSecret?.Resolve(job.Environment), job.Environment);
            var options = new RepositoryBackupOptions
            {
                Source = policy.Source,
                Keep = policy.Keep,
                ScratchFolder = Path.GetFullPath(parsed.GetRequiredValue(scratch)),
            };
            var set = await new RepositoryBackup(job.Catalog, options, access, job.Clock, job.Progress).RunAsync(cancellationToken);
            Output.Set(set, parsed.GetValue(GlobalOptions.Json));
            return ExitCode.Done;
        });
    }
}
