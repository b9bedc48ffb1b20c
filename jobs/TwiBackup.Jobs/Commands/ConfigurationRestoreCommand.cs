using System.CommandLine;
using TwiBackup.Catalog;
using TwiBackup.Files;

namespace TwiBackup.Commands;

/// <summary><c>twibackup restore configuration</c>.</summary>
internal static class ConfigurationRestoreCommand
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
        var diff = new Option<bool>("--diff")
        {
            Description = "Only show what differs: names, modes, owners and keyed hashes, never content. Exit code 3 when anything does",
        };
        var command = new Command("configuration", "Restore configuration files with modes and owners") { root, replace, diff };
        set.AddTo(command);
        return command.Runs(JobRole.Restorer, async (parsed, job, cancellationToken) =>
        {
            var (id, at) = set.Read(parsed);
            var options = new FilesRestoreOptions
            {
                SetId = id,
                At = at,
                Root = Path.GetFullPath(parsed.GetRequiredValue(root)),
                Replace = parsed.GetValue(replace),
            };
            var restore = new FilesRestore(job.Catalog, SetKind.Configuration, options, job.Clock, job.Progress);
            if (parsed.GetValue(diff))
            {
                var (compared, differences) = await restore.CompareAsync(cancellationToken);
                foreach (var difference in differences)
                    Console.Out.WriteLine($"{difference.Path}: {difference.Detail}");
                Console.Out.WriteLine(differences.Count == 0
                    ? $"Nothing differs from configuration/{compared.Id} of {compared.Manifest.CompletedAt:u}."
                    : $"{differences.Count} differ from configuration/{compared.Id} of {compared.Manifest.CompletedAt:u}.");
                return differences.Count == 0 ? ExitCode.Done : ExitCode.ObjectiveMissed;
            }

            var (restored, result) = await restore.RunAsync(cancellationToken);
            Tell(restored, result, options.Root);
            return ExitCode.Done;
        });
    }

    /// <summary>What a restore of files did.</summary>
    internal static void Tell(BackupSet set, FileRestoreResult result, string root)
    {
        Console.Out.WriteLine($"Restored {set.Kind.Name()}/{set.Id} of {set.Manifest.CompletedAt:u} to {root}: {result.Written.Count} "
            + $"written, {result.Unchanged} were there already.");
        foreach (var path in result.Aside)
            Console.Out.WriteLine($"Kept aside: {path}");
    }
}
