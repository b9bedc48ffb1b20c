namespace TwiBackup.Postgres;

/// <summary>What a server must offer to a base backup, a receiver, or both.</summary>
/// <param name="ApplicationName">The application_name of our walsenders, which no synchronous_standby_names may match.</param>
/// <param name="WalSenders">How many walsenders must be free: a receiver takes one, a base backup with its WAL two.</param>
/// <param name="ReplicationSlots">How many slots must be free or ours already: one for a receiver, one for a base backup.</param>
public sealed record Preflight(string ApplicationName = "twibackup", int WalSenders = 3, int ReplicationSlots = 2)
{
    /// <summary>What is missing, each with its remedy; empty when nothing is.</summary>
    public IReadOnlyList<string> Missing(ServerFacts facts)
    {
        var missing = new List<string>();
        if (facts.Major is < PostgresInstallation.OldestMajor or > PostgresInstallation.NewestMajor)
            missing.Add($"version {facts.Version} is not one from {PostgresInstallation.OldestMajor} to "
                + $"{PostgresInstallation.NewestMajor}: use the logical dump");
        if (facts.IsInRecovery)
            missing.Add("it is a standby, whose backup may need WAL that nobody has archived yet: name the primary");
        if (facts.WalLevel == "minimal")
            missing.Add("wal_level is minimal: set wal_level = replica and restart it");
        if (facts.FreeWalSenders < WalSenders)
            missing.Add($"of {facts.MaxWalSenders} walsenders {facts.FreeWalSenders} are free and {WalSenders} needed: raise "
                + $"max_wal_senders to {facts.MaxWalSenders + WalSenders - facts.FreeWalSenders} or more and restart it");
        if (facts.FreeReplicationSlots < ReplicationSlots)
            missing.Add($"of {facts.MaxReplicationSlots} replication slots {facts.FreeReplicationSlots} are free and {ReplicationSlots} "
                + $"needed: raise max_replication_slots to {facts.MaxReplicationSlots + ReplicationSlots - facts.FreeReplicationSlots} "
                + $"or more and restart it, or drop an unused one");
        if (facts.Tablespaces.Count > 0)
            missing.Add($"it has tablespaces ({string.Join(", ", facts.Tablespaces.Keys)}), which are not supported: move their tables "
                + $"into pg_default, or use the logical dump");
        if (SynchronousNames.Match(facts.SynchronousStandbyNames, ApplicationName))
            missing.Add($"synchronous_standby_names = '{facts.SynchronousStandbyNames}' would make every commit wait for "
                + $"{ApplicationName}: name the standbys meant");
        return missing;
    }

    /// <summary>Throws one line with all that is missing.</summary>
    public void ThrowIfMissing(ServerFacts facts, string server)
    {
        var missing = Missing(facts);
        if (missing.Count > 0)
            throw new TwiBackupException($"PostgreSQL at {server} cannot be backed up physically: {string.Join("; ", missing)}.");
    }
}
