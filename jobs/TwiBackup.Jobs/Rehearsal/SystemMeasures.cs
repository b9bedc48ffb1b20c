using TwiBackup.Catalog;
using TwiBackup.Policy;
using TwiBackup.Recovery;
using TwiBackup.Rehearsal.Local;

namespace TwiBackup.Rehearsal;

/// <summary>The components of a whole system, measured after its host was lost.</summary>
internal sealed class SystemMeasures(Findings findings, ObjectivesPolicy objectives)
{
    private const string Database = "database", Bot = "bot", Configuration = "configuration", Repository = "repository", System = "system";

    /// <summary>Says what will be measured.</summary>
    /// <param name="database">The database's objective; from a replica it is another one.</param>
    public void Expect(Objective database)
    {
        findings.Expect(Database, database);
        findings.Expect(Bot, objectives.Bot);
        findings.Expect(Configuration, objectives.Configuration);
        findings.Expect(Repository, objectives.Repository);
        findings.Expect(System, objectives.System);
    }

    /// <summary>Counts a full backup.</summary>
    public void Add(BackupSet full) => findings.Add(new RehearsalBytes(full.Manifest.PlainBytes, full.Manifest.StoredBytes, 0));

    /// <summary>
    /// What a disaster cost. Of configuration and code everything since the set is counted as lost, also where nothing had changed.
    /// </summary>
    public void Add(Disaster disaster, Recovered recovered, HomeBackups home)
    {
        findings.Measure(Database, recovered.Heartbeats.Recoverable, recovered.DatabaseAway);
        findings.Measure(Bot, null, recovered.BotAway);
        findings.Measure(Configuration, Age(home.Configuration), Away(RecoveryStep.Configuration));
        findings.Measure(Repository, Age(home.Repository), Away(RecoveryStep.Repository));
        findings.Measure(System, null, recovered.SystemAway);

        TimeSpan Age(BackupSet set) => disaster.Dead.Utc - set.Manifest.StartedAt.UtcDateTime;
        TimeSpan? Away(RecoveryStep step) => recovered.Result.Of(step).EndedAt?.UtcDateTime - disaster.Began.Utc;
    }
}
