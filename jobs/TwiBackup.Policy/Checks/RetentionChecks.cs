namespace TwiBackup.Policy.Checks;

/// <summary>Is everything kept for long enough that the recovery window holds?</summary>
internal static class RetentionChecks
{
    public static void Run(BackupPolicy policy, Rhythm rhythm, Findings findings)
    {
        CheckAmounts(policy, findings);
        var window = policy.RecoveryWindow;
        if (policy.Database.Mode == DatabaseMode.Physical)
        {
            if (policy.Backups.Full is { } full)
                CheckWindow("backups.full", "fulls", full.Keep, window, rhythm, findings);
            if (policy.Backups.Incremental is { } incremental && incremental.Keep < window)
                findings.Error(
                    "backups.incremental.keep",
                    $"WAL is kept {Duration.Format(incremental.Keep)} and recoveryWindow promises any instant of "
                    + $"{Duration.Format(window)}; keep WAL for {Duration.Format(window)} or longer");
        }
        else if (policy.Backups.Dump is { } dump)
        {
            CheckWindow("backups.dump", "dumps", dump.Keep, window, rhythm, findings);
        }

        CheckVerification(policy, rhythm, findings);
    }

    /// <summary>The sections that keep something, and for how long.</summary>
    public static IEnumerable<(string Path, TimeSpan Keep)> Keeps(BackupPolicy policy)
    {
        var backups = policy.Backups;
        var all = new (string Path, TimeSpan? Keep)[]
        {
            ("backups.full.keep", backups.Full?.Keep),
            ("backups.incremental.keep", backups.Incremental?.Keep),
            ("backups.dump.keep", backups.Dump?.Keep),
            ("backups.configuration.keep", backups.Configuration?.Keep),
            ("backups.repository.keep", backups.Repository?.Keep),
            ("backups.logs.keep", backups.Logs?.Keep),
        };
        return all.Where(pair => pair.Keep is not null).Select(pair => (pair.Path, pair.Keep!.Value));
    }

    private static void CheckAmounts(BackupPolicy policy, Findings findings)
    {
        if (policy.RecoveryWindow <= TimeSpan.Zero)
            findings.Error("recoveryWindow", "0s promises that nothing can be restored; write a duration such as 7d");
        foreach (var (path, keep) in Keeps(policy))
        {
            if (keep <= TimeSpan.Zero)
                findings.Error(path, "0s keeps nothing of what the schedule takes; write a duration such as 30d, or take the section out");
            else if (keep.Ticks % TimeSpan.TicksPerDay != 0 && StoreChecks.IsS3(policy.Stores.Primary))
                findings.Error(
                    path, $"{Duration.Format(keep)} is no whole number of days, and the lifecycle rules of {policy.Stores.Primary} count "
                    + $"in days; write {Math.Ceiling(keep.TotalDays)}d");
        }
    }

    private static void CheckWindow(string section, string sets, TimeSpan keep, TimeSpan window, Rhythm rhythm, Findings findings)
    {
        if (rhythm.Gap(section) is not { } gap || keep <= TimeSpan.Zero)
            return;
        var needed = RecoverabilityProof.KeepNeeded(window, gap);
        var (kept, apart) = (Duration.Format(keep), Duration.Format(gap));
        if (keep < gap * 2)
            findings.Error(
                $"{section}.keep", $"{sets} are kept {kept} and are up to {apart} apart, so fewer than two are there; keep them for "
                + $"{Duration.Format(needed)} or longer");
        else if (keep < needed)
            findings.Error(
                $"{section}.keep", $"{sets} are kept {kept}, and recoveryWindow {Duration.Format(window)} needs one as old as "
                + $"{Duration.Format(needed)} (the window and twice the {apart} between two of them); keep them longer or take them more "
                + "often");
        else if (RecoverabilityProof.SpareRuns(keep, window, gap) == 0)
            findings.Warning(
                $"{section}.keep", $"{sets} are kept {kept} and recoveryWindow {Duration.Format(window)} needs {Duration.Format(needed)}: "
                + $"a single one that fails breaks it; keep them for {Duration.Format(needed + gap)} or longer");
    }

    private static void CheckVerification(BackupPolicy policy, Rhythm rhythm, Findings findings)
    {
        var (path, keep) = policy.Database.Mode == DatabaseMode.Physical
            ? ("backups.full.keep", policy.Backups.Full?.Keep)
            : ("backups.dump.keep", policy.Backups.Dump?.Keep);
        if (rhythm.Gap("verification") is { } gap && gap > keep)
            findings.Warning(
                "verification.schedule",
                $"verifications are up to {Duration.Format(gap)} apart and {path} is {Duration.Format(keep.Value)}, so whole generations "
                + "are never verified; verify more often");
    }
}
