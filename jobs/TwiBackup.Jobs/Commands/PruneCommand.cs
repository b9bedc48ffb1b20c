using System.CommandLine;
using TwiBackup.Progress;
using TwiBackup.Retention;
using TwiBackup.Verification;

namespace TwiBackup.Commands;

/// <summary><c>twibackup prune</c>.</summary>
internal static class PruneCommand
{
    public static Command Create()
    {
        var dryRun = new Option<bool>("--dry-run", "-n") { Description = "Only say what would go" };
        var command = new Command("prune", "Let expired sets and WAL go: delete them in a file store, tag them for the lifecycle rules in S3. Never the newest good set of a kind") { dryRun };
        return command.Runs(JobRole.Reader, async (parsed, job, cancellationToken) =>
        {
            var isDry = parsed.GetValue(dryRun);
            var pruner = new Pruner(job.Catalog, job.Policy.RecoveryWindow, verified: null, job.Clock);
            var report = await pruner.RunAsync(isDry, cancellationToken);
            foreach (var set in report.Sets)
                Console.Out.WriteLine($"{set} is past its time");
            foreach (var prefix in report.Garbage)
                Console.Out.WriteLine($"{prefix} was left by a job that did not end");
            if (report.WalObjects > 0)
                Console.Out.WriteLine($"{report.WalObjects} WAL objects lie before the recovery window");
            if (report.Swept > 0)
                Console.Out.WriteLine($"{report.Swept} objects of sets that expired before");
            foreach (var line in report.Kept)
                job.Progress.Warn(line);
            Console.Out.WriteLine(report.Sets.Count + report.Garbage.Count + report.WalObjects + report.Swept == 0
                ? "Nothing is due."
                : $"{Sizes.Text(report.Bytes)} {(isDry ? "would expire; nothing was changed" : "expired")}.");
            return report.Denied > 0 ? ExitCode.ObjectiveMissed : ExitCode.Done;
        });
    }
}
