namespace TwiBackup.Policy.Tests;

/// <summary>A server without physical replication can only be dumped: what that costs is said, and nothing else is promised.</summary>
public sealed class Decision11_In_mode_dump_the_RPO_is_the_dumps_interval
{
    [Fact]
    public void In_mode_dump_the_RPO_is_the_interval_between_dumps_and_that_is_said()
    {
        var policy = Dumps("30 2 * * *", rpo: TimeSpan.FromHours(1));
        Assert.Equal(
            ["error: objectives.database.rpo: 1h is promised and runs of backups.dump.schedule are up to 1d apart; in mode dump "
                + "everything since the last dump is lost; schedule it more often or promise less"],
            Errors(policy));
        var hourly = Dumps("0 * * * *", rpo: TimeSpan.FromHours(1));
        Assert.Empty(Errors(hourly));
        Assert.Equal(
            "Mode dump: without physical replication everything since the last dump is lost, up to 1h (0 * * * *, UTC) and the time a "
                + "dump takes. This is the database's RPO.",
            RecoverabilityProof.Of(hourly, Sample.Now).Sentences[0]);
    }

    [Fact]
    public void Mode_dump_takes_dumps_and_nothing_physical()
    {
        var policy = Sample.Policy with { Database = Sample.Policy.Database with { Mode = DatabaseMode.Dump } };
        Assert.Contains("error: backups.full: database.mode is dump and backups.full needs physical replication; take the section out or "
            + "set database.mode to physical", Errors(policy));
        Assert.Contains("error: backups.incremental: database.mode is dump and backups.incremental needs physical replication; take the "
            + "section out or set database.mode to physical", Errors(policy));
        var without = policy with { Backups = policy.Backups with { Full = null, Incremental = null, Dump = null } };
        Assert.Contains("error: backups.dump: database.mode is dump and backups.dump is missing, so the database is never backed up; add "
            + "it", Errors(without));
    }

    [Fact]
    public void Dumps_must_outlive_the_window_too()
    {
        var policy = Dumps("0 * * * *", rpo: TimeSpan.FromHours(1));
        var short7 = policy with { Backups = policy.Backups with { Dump = policy.Backups.Dump! with { Keep = TimeSpan.FromDays(7) } } };
        Assert.Equal(
            ["error: backups.dump.keep: dumps are kept 7d, and recoveryWindow 7d needs one as old as 7d 2h (the window and twice the 1h "
                + "between two of them); keep them longer or take them more often"],
            Errors(short7));
    }

    private static IEnumerable<string> Errors(BackupPolicy policy) =>
        PolicyCheck.Check(policy, Sample.Now).Where(finding => finding.Severity == Severity.Error).Select(finding => finding.ToString());

    private static BackupPolicy Dumps(string cron, TimeSpan rpo) => Sample.Policy with
    {
        Database = Sample.Policy.Database with { Mode = DatabaseMode.Dump },
        Backups = Sample.Policy.Backups with
        {
            Full = null,
            Incremental = null,
            Dump = new DumpPolicy { Schedule = Sample.Cron(cron), Keep = TimeSpan.FromDays(30) },
        },
        Objectives = Sample.Policy.Objectives with { Database = new Objective(rpo, TimeSpan.FromHours(2)), Replica = new() },
    };
}
