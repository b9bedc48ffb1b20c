using System.CommandLine;
using TwiBackup.Files;
using TwiBackup.Policy;

namespace TwiBackup.Commands;

/// <summary><c>twibackup backup configuration</c>.</summary>
internal static class ConfigurationBackupCommand
{
    public static Command Create()
    {
        var reason = new Option<string>("--reason")
        {
            Description = "Why it is taken, for the manifest",
            HelpName = "WORD",
            DefaultValueFactory = _ => "manual",
        };
        reason.AcceptOnlyFromAmong("manual", "schedule", "deploy", "change");
        var always = new Option<bool>("--always") { Description = "Take a set though nothing changed since the newest" };
        var watch = new Option<bool>("--watch")
        {
            Description = "Go on until stopped, and take a set whenever something changed and has become quiet",
        };
        var command = new Command("configuration", "Take the policy's configuration files, with modes and owners, if anything changed")
        {
            reason, always, watch, GlobalOptions.Json,
        };
        return command.Runs(JobRole.Writer, async (parsed, job, cancellationToken) =>
        {
            var isWatching = parsed.GetValue(watch);
            var json = parsed.GetValue(GlobalOptions.Json);
            var policy = Section(job);
            var options = new ConfigurationBackupOptions
            {
                Paths = policy.Paths,
                Keep = policy.Keep,
                Reason = isWatching && parsed.GetResult(reason)?.Implicit != false ? "change" : parsed.GetRequiredValue(reason),
                Always = parsed.GetValue(always) && !isWatching,
            };
            var backup = new ConfigurationBackup(job.Catalog, options, job.Clock, job.Progress);
            if (!isWatching)
            {
                Tell(await backup.RunAsync(cancellationToken), json);
                return ExitCode.Done;
            }

            var watcher = new ConfigurationWatch(
                backup, [.. policy.Paths.Select(p => p.Path)], new ConfigurationWatchOptions(), job.Clock, job.Progress);
            await watcher.RunAsync(
                (result, _) =>
                {
                    if (result is { Taken: true })
                        Tell(result, json);
                }, cancellationToken);
            return ExitCode.Done;
        });
    }

    /// <summary>The policy's section; throws wrong use when it has none.</summary>
    private static ConfigurationPolicy Section(JobContext job) => job.Policy.Backups.Configuration
        ?? throw new TwiBackupException(
            ExitCode.WrongUse, $"{job.PolicyFile} takes no configuration. Give it the section backups.configuration.");

    private static void Tell(ConfigurationBackupResult result, bool json)
    {
        if (result.Taken || json)
            Output.Set(result.Set, json);
        else
            Console.Out.WriteLine(
                $"Nothing changed since configuration/{result.Set.Id} of {result.Set.Manifest.CompletedAt:u}; no set was taken.");
    }
}
