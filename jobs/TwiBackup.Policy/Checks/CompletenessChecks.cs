namespace TwiBackup.Policy.Checks;

/// <summary>Is everything there that the promises need?</summary>
internal static class CompletenessChecks
{
    public static void Run(BackupPolicy policy, Findings findings)
    {
        CheckMode(policy, findings);
        CheckKeys(policy.Keys, findings);
        CheckSectionsBehindObjectives(policy, findings);
        if (policy.Verification is null)
            findings.Warning(
                "verification", "it is missing, so nothing proves that a backup can be restored; add { \"schedule\": \"0 3 * * 0\" }");
        if (policy.Rehearsal is null)
            findings.Warning("rehearsal", "it is missing, so no RTO is ever measured; add { \"schedule\": \"0 4 1 1,4,7,10 *\" }");
        if (policy.Alerts is { Discord: null, Ping: null })
            findings.Warning("alerts", "nobody hears of a failure; add discord or ping, as env:NAME or file:PATH");
    }

    private static void CheckMode(BackupPolicy policy, Findings findings)
    {
        var backups = policy.Backups;
        if (policy.Database.Mode == DatabaseMode.Dump)
        {
            if (backups.Dump is null)
                findings.Error(
                    "backups.dump", "database.mode is dump and backups.dump is missing, so the database is never backed up; add it");
            if (backups.Full is not null)
                findings.Error(
                    "backups.full", "database.mode is dump and backups.full needs physical replication; take the section out or set "
                    + "database.mode to physical");
            if (backups.Incremental is not null)
                findings.Error(
                    "backups.incremental",
                    "database.mode is dump and backups.incremental needs physical replication; take the section out or set database.mode "
                    + "to physical");
            return;
        }

        if (backups.Full is null)
            findings.Error(
                "backups.full", "database.mode is physical and backups.full is missing, so WAL has nothing to start from; add it or set "
                + "database.mode to dump");
        if (backups.Incremental is null)
            findings.Error(
                "backups.incremental",
                $"recoveryWindow promises any instant of {Duration.Format(policy.RecoveryWindow)} and backups.incremental (WAL) is "
                + "missing; add it or set database.mode to dump");
    }

    private static void CheckKeys(KeysPolicy keys, Findings findings)
    {
        if (keys.Recipients.Count == 0)
            findings.Error(
                "keys.recipients", "there is none, and everything is sealed to at least one; add the age1… line that age-keygen prints, "
                + "or env:NAME");
        if (keys.SigningKey is null)
            findings.Warning(
                "keys.signingKey", "it is missing, and jobs that write need one to sign with; add env:NAME or file:PATH of a minisign "
                + "secret key");
        if (keys.Trusted.Count == 0)
            findings.Warning(
                "keys.trusted", "there is none, and restores refuse what no trusted key signed; add the RW… line of the writer's .pub "
                + "file, or env:NAME");
    }

    private static void CheckSectionsBehindObjectives(BackupPolicy policy, Findings findings)
    {
        if (policy.Objectives.Configuration.Rpo is { } configuration && policy.Backups.Configuration is null)
            findings.Error(
                "objectives.configuration.rpo",
                $"{Duration.Format(configuration)} is promised and backups.configuration is missing; add it or take the objective out");
        if (policy.Objectives.Repository.Rpo is { } repository && policy.Backups.Repository is null)
            findings.Error(
                "objectives.repository.rpo",
                $"{Duration.Format(repository)} is promised and backups.repository is missing; add it or take the objective out");
        if (policy.Objectives.Replica.Rpo is { } replica && policy.Stores.Replica is null)
            findings.Error(
                "objectives.replica.rpo",
                $"{Duration.Format(replica)} is promised and stores.replica is missing; add it or take the objective out");
    }
}
