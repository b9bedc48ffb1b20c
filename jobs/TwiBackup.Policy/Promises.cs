using TwiBackup.Policy.Checks;

namespace TwiBackup.Policy;

/// <summary>What a policy promises, line by line.</summary>
public static class Promises
{
    private const int Runs = 3;

    /// <summary>Lists the promises.</summary>
    /// <param name="now">The next runs are those after this.</param>
    public static IReadOnlyList<Promise> Of(BackupPolicy policy, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(policy);
        var (backups, objectives, rhythm) = (policy.Backups, policy.Objectives, new Rhythm(policy, now));
        var promises = new List<Promise>();
        void Add(string type, string how, Schedule schedule, TimeSpan kept, string meets) =>
            promises.Add(new Promise(type, how, schedule, schedule.NextRuns(now, Runs), kept, meets));

        if (backups.Full is { } full)
            Add("full", "base backup", full.Schedule, full.Keep, $"database RTO {Shown(objectives.Database.Rto)}");
        if (backups.Incremental is { } wal)
            Add("incremental", "continuous WAL, restore points", wal.Schedule, wal.Keep,
                $"database RPO {Shown(objectives.Database.Rpo)}: durable after {Duration.Format(wal.FlushInterval)}");
        if (backups.Dump is { } dump)
        {
            var isOnly = policy.Database.Mode == DatabaseMode.Dump;
            var meets = isOnly ? Met("database", objectives.Database.Rpo, rhythm.Gap("backups.dump")) : "moving between versions";
            Add("dump", "pg_dump with roles", dump.Schedule, dump.Keep, meets);
        }

        if (backups.Configuration is { } configuration)
            Add("configuration", $"tar of {Count(configuration.Paths.Count, "path")}", configuration.Schedule, configuration.Keep,
                Met("configuration", objectives.Configuration.Rpo, rhythm.Gap("backups.configuration")));
        if (backups.Repository is { } repository)
            Add("repository", "git bundle", repository.Schedule, repository.Keep,
                Met("repository", objectives.Repository.Rpo, rhythm.Gap("backups.repository")));
        if (backups.Logs is { } logs)
            Add("logs", $"tar of {Count(logs.Paths.Count, "path")}", logs.Schedule, logs.Keep, "no objective");
        if (policy.Verification is { } verification)
        {
            var how = verification.Random > 0 ? $"restore of the newest and {verification.Random} older" : "restore of the newest";
            Add("verification", how, verification.Schedule, verification.Keep, "proves that backups can be restored");
        }

        if (policy.Rehearsal is { } rehearsal)
            Add("rehearsal", "the disaster, measured", rehearsal.Schedule, rehearsal.Keep,
                $"system RTO {Shown(objectives.System.Rto)}, bot RTO {Shown(objectives.Bot.Rto)}");
        return promises;
    }

    private static string Met(string kind, TimeSpan? rpo, TimeSpan? gap) => (rpo, gap) switch
    {
        (null, _) => "no objective",
        (_, null) => $"{kind} RPO {Shown(rpo)}: as soon as it changed",
        _ => $"{kind} RPO {Shown(rpo)}: runs at most {Shown(gap)} apart",
    };

    private static string Shown(TimeSpan? duration) => duration is { } value ? Duration.Format(value) : "not promised";

    private static string Count(int count, string noun) => $"{count} {noun}{(count == 1 ? "" : "s")}";
}
