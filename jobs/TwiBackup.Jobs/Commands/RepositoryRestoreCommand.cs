using System.CommandLine;
using TwiBackup.Repositories;

namespace TwiBackup.Commands;

/// <summary><c>twibackup restore repository</c>.</summary>
internal static class RepositoryRestoreCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("folder")
        {
            Description = "The folder to fill: new or empty, or any with --replace",
            HelpName = "FOLDER",
        };
        var set = new SetOptions();
        var replace = new Option<bool>("--replace")
        {
            Description = "Replace a folder that holds something; it is kept beside, as FOLDER.twibackup-ID, once the restored one is "
                + "proven",
        };
        var bare = new Option<bool>("--bare") { Description = "Without checked out files, as on a server" };
        var owner = new Option<string?>("--owner")
        {
            Description = "Give it to this account (default: who has the folder that is replaced)",
            HelpName = "NAME[:GROUP]",
        };
        var command = new Command("repository", "Restore the code repository: every branch and tag, on its default branch")
        {
            folder, replace, bare, owner,
        };
        set.AddTo(command);
        return command.Runs(JobRole.Restorer, async (parsed, job, cancellationToken) =>
        {
            var (id, at) = set.Read(parsed);
            var options = new RepositoryRestoreOptions
            {
                Folder = Path.GetFullPath(parsed.GetRequiredValue(folder)),
                SetId = id,
                At = at,
                Replace = parsed.GetValue(replace),
                Bare = parsed.GetValue(bare),
                Owner = parsed.GetValue(owner),
            };
            var result = await new RepositoryRestore(job.Catalog, options, job.Clock, job.Progress).RunAsync(cancellationToken);
            Console.Out.WriteLine($"Restored repository/{result.Set.Id} of {result.Set.Manifest.CompletedAt:u} to {options.Folder}: "
                + $"{string.Join("; ", result.Proofs)}.");
            if (result.Aside is { } aside)
                Console.Out.WriteLine($"Kept aside: {aside}");
            if (result.NotInRepository.Count > 0)
                Console.Out.WriteLine($"Only there, because no commit holds them: {string.Join(", ", result.NotInRepository)}. "
                    + "Configuration comes back with: twibackup restore configuration");
            return ExitCode.Done;
        });
    }
}
