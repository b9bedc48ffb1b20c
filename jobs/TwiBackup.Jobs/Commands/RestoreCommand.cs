using System.CommandLine;
using System.Globalization;
using TwiBackup.Database;
using TwiBackup.Policy;
using TwiBackup.Postgres;
using TwiBackup.Progress;

namespace TwiBackup.Commands;

/// <summary><c>twibackup restore</c>.</summary>
internal static class RestoreCommand
{
    public static Command Create() => new("restore", "Restore from the store")
    {
        CreateDatabase(),
        DumpRestoreCommand.Create(),
        ConfigurationRestoreCommand.Create(),
        RepositoryRestoreCommand.Create(),
        LogsRestoreCommand.Create(),
    };

    private static Command CreateDatabase()
    {
        var directory = new Argument<string>("directory") { Description = "The data directory to fill: new or empty", HelpName = "DIRECTORY" };
        var target = new TargetOptions();
        var id = new Option<string?>("--id") { Description = "Start from this full backup instead of the best one for the target", HelpName = "SET" };
        var startOver = new Option<bool>("--start-over") { Description = "Throw away what a restore that did not end left in the directory" };
        var noSlot = new Option<bool>("--no-slot") { Description = "Do not make the replication slot for the WAL receiver" };
        var dryRun = new Option<bool>("--dry-run", "-n") { Description = "Only say what would be restored and how far it would reach" };
        var accept = new Option<string?>("--accept-data-loss-until")
        {
            Description = "Restore although newer sets are refused and the newest good point is further back than the RPO: not further than this time",
            HelpName = "TIME",
        };
        var workers = new Option<int>("--workers")
        {
            Description = "Volumes opened at once",
            HelpName = "N",
            DefaultValueFactory = _ => Math.Clamp(Environment.ProcessorCount, 1, 8),
        };
        var command = new Command("database", "Restore the database into an empty directory: to the newest point, or to a time, LSN, restore point or transaction")
        {
            directory, id, startOver, noSlot, accept, dryRun, workers,
        };
        target.AddTo(command);
        return command.Runs(JobRole.Restorer, async (parsed, job, cancellationToken) =>
        {
            var path = Path.GetFullPath(parsed.GetRequiredValue(directory));
            var isOver = parsed.GetValue(startOver);
            RestoreTarget.Require(path, isOver);
            if (job.Keys.Identities.Count == 0)
                throw new TwiBackupException(ExitCode.WrongUse, $"{job.PolicyFile} names no identity, and without one nothing can be opened. Name the file with AGE-SECRET-KEY-1… as keys.identity.");
            var plan = await new RestorePlanner(job.Catalog, job.Clock).PlanAsync(target.Read(parsed), parsed.GetValue(id), cancellationToken);
            foreach (var line in plan.Skipped)
                job.Progress.Warn(line);
            if (plan.Target.IsLatest && plan.IsNewerRefused)
                RequireAcceptedLoss(plan, job.Policy.Objectives.Database.Rpo, parsed.GetValue(accept), job.Clock.GetUtcNow());
            if (parsed.GetValue(dryRun))
            {
                Console.Out.WriteLine($"Would restore full/{plan.Set.Id} ({Sizes.Text(plan.Set.Manifest.PlainBytes)}) and replay at most {Sizes.Text(plan.ReplayBytes)} of WAL on timeline {plan.Path.Timeline}; the newest time that can be reached is {plan.NewestTime.UtcDateTime:yyyy-MM-dd HH:mm:ss.fff}Z, LSN {plan.Reach}.");
                return ExitCode.Done;
            }

            var installation = PostgresInstallation.Find(plan.Set.Manifest.Database!.ServerVersion / 10000, job.Environment);
            var restore = new DatabaseRestore(
                job.Catalog, installation, ServerAccount.Resolve(job.Environment),
                new RestoreOptions
                {
                    DataDirectory = path,
                    StartOver = isOver,
                    Workers = parsed.GetValue(workers),
                    SlotName = parsed.GetValue(noSlot) ? null : job.Policy.Database.Slot,
                },
                job.Progress);
            await using var server = await restore.RunAsync(plan, cancellationToken);
            await server.CompleteAsync(cancellationToken);
            Tell(server, installation, job.Policy);
            return ExitCode.Done;
        });
    }

    /// <summary>A newest point that is older than promised, beside newer sets that were refused, is what an attack leaves: a person decides.</summary>
    private static void RequireAcceptedLoss(RestorePlan plan, TimeSpan? rpo, string? accepted, DateTimeOffset now)
    {
        if (rpo is null || now - plan.NewestTime <= rpo || (accepted is not null && TargetOptions.ReadTime("--accept-data-loss-until", accepted) <= plan.NewestTime))
            return;
        var newest = plan.NewestTime.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        throw new TwiBackupException($"Newer sets are refused, and the newest good point is {newest}, {Sizes.Text(now - plan.NewestTime)} ago, further back than the RPO of {Sizes.Text(rpo.Value)}. If that loss is accepted add --accept-data-loss-until {newest}.");
    }

    private static void Tell(RestoredServer server, PostgresInstallation installation, BackupPolicy policy)
    {
        Console.Out.WriteLine($"Restored full/{server.Set.Id} to LSN {server.ReachedLsn}"
            + (server.LastCommit is { } time ? $", last commit {time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture)}Z" : "")
            + $", on the new timeline {server.Timeline}.");
        if (server.WrittenFiles.Count > 0)
            Console.Out.WriteLine($"The backup held no {string.Join(", ", server.WrittenFiles)}: minimal ones were written; bring the real ones back before clients connect.");
        Console.Out.WriteLine($"Start it with: {installation.Tool("pg_ctl")} -D {server.DataDirectory} start    then at once: twibackup wal receive, and a new full: twibackup backup database");
    }
}
