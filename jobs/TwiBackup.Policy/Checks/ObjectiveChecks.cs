namespace TwiBackup.Policy.Checks;

/// <summary>Can the schedules and intervals meet the objectives, and do these agree with each other?</summary>
internal static class ObjectiveChecks
{
    /// <summary>How far replication lags behind at most (S3 replication time control).</summary>
    public static readonly TimeSpan ReplicationLag = TimeSpan.FromMinutes(15);

    public static void Run(BackupPolicy policy, Rhythm rhythm, Findings findings)
    {
        CheckDatabase(policy, rhythm, findings);
        CheckRuns("configuration", policy.Objectives.Configuration, rhythm, findings);
        CheckRuns("repository", policy.Objectives.Repository, rhythm, findings);
        CheckReplica(policy, rhythm, findings);
        CheckTimes(policy.Objectives, findings);
    }

    private static void CheckDatabase(BackupPolicy policy, Rhythm rhythm, Findings findings)
    {
        if (policy.Objectives.Database.Rpo is not { } rpo)
            return;
        var promised = Duration.Format(rpo);
        if (policy.Database.Mode == DatabaseMode.Dump)
        {
            if (rhythm.Gap("backups.dump") is { } gap)
                CheckGap("objectives.database.rpo", "backups.dump", rpo, gap, rhythm, findings,
                    "in mode dump everything since the last dump is lost; ");
            return;
        }

        if (policy.Backups.Incremental is not { } wal)
            return;
        if (wal.FlushInterval >= rpo)
            findings.Error(
                "backups.incremental.flushInterval",
                $"{Duration.Format(wal.FlushInterval)} is not below objectives.database.rpo {promised}, so WAL of that long can be lost; "
                + "lower it");
        if (wal.MarkInterval >= rpo)
            findings.Error(
                "backups.incremental.markInterval",
                $"{Duration.Format(wal.MarkInterval)} is not below objectives.database.rpo {promised}, so an idle database looks too old; "
                + "lower it");
        if (rhythm.Gap("backups.incremental") is { } proof && proof > rpo && rhythm.GapWithoutDaylightSaving("backups.incremental") > rpo)
            findings.Warning(
                "backups.incremental.schedule",
                $"the WAL chain is proven every {Duration.Format(proof)} at the longest and objectives.database.rpo is {promised}, so a "
                + "gap can go unseen for longer; run it more often");
    }

    private static void CheckRuns(string kind, Objective objective, Rhythm rhythm, Findings findings)
    {
        if (objective.Rpo is { } rpo && rhythm.Gap($"backups.{kind}") is { } gap)
            CheckGap($"objectives.{kind}.rpo", $"backups.{kind}", rpo, gap, rhythm, findings);
    }

    private static void CheckGap(
        string path, string section, TimeSpan rpo, TimeSpan gap, Rhythm rhythm, Findings findings, string because = "")
    {
        if (gap <= rpo)
            return;
        var message = $"{Duration.Format(rpo)} is promised and runs of {section}.schedule are up to {Duration.Format(gap)} apart";
        if (rhythm.GapWithoutDaylightSaving(section) <= rpo)
            findings.Warning(path, $"{message} when daylight saving ends; schedule it more often, or set timeZone to UTC");
        else
            findings.Error(path, $"{message}; {because}schedule it more often or promise less");
    }

    private static void CheckReplica(BackupPolicy policy, Rhythm rhythm, Findings findings)
    {
        if (policy.Objectives.Replica.Rpo is not { } rpo || policy.Stores.Replica is null)
            return;
        var loss = policy.Database.Mode == DatabaseMode.Dump
            ? rhythm.Gap("backups.dump")
            : policy.Backups.Incremental is { } wal ? TimeSpan.FromTicks(Math.Max(wal.FlushInterval.Ticks, wal.MarkInterval.Ticks)) : null;
        if (loss is { } primary && primary + ReplicationLag > rpo)
            findings.Error(
                "objectives.replica.rpo",
                $"{Duration.Format(rpo)} is promised, and the primary store is up to {Duration.Format(primary)} behind and its replica "
                + $"{Duration.Format(ReplicationLag)} more; promise {Duration.Format(primary + ReplicationLag)} or longer");
        if (rpo < policy.Objectives.Database.Rpo)
            findings.Warning(
                "objectives.replica.rpo",
                $"{Duration.Format(rpo)} with the region lost is stricter than objectives.database.rpo "
                + $"{Duration.Format(policy.Objectives.Database.Rpo.Value)} without; promise the database the same");
    }

    private static void CheckTimes(ObjectivesPolicy objectives, Findings findings)
    {
        if (objectives.System.Rto is not { } system)
            return;
        if (objectives.Database.Rto > system)
            findings.Error(
                "objectives.system.rto",
                $"{Duration.Format(system)} for everything is shorter than objectives.database.rto "
                + $"{Duration.Format(objectives.Database.Rto.Value)}, which is a part of it; raise it");
        if (objectives.Bot.Rto > system)
            findings.Error(
                "objectives.system.rto",
                $"{Duration.Format(system)} for everything is shorter than objectives.bot.rto "
                + $"{Duration.Format(objectives.Bot.Rto.Value)}, which is a part of it; raise it");
    }
}
