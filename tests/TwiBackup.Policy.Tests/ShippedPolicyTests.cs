namespace TwiBackup.Policy.Tests;

/// <summary>The policy at the root of the repository says what the guide's tables say.</summary>
public sealed class ShippedPolicyTests
{
    private static readonly BackupPolicy Shipped = PolicyFile.Load(Path.Combine(AppContext.BaseDirectory, "twibackup.json"));

    [Fact]
    public void It_has_no_contradiction_and_no_warning() => Assert.Empty(PolicyCheck.Check(Shipped, Sample.Now));

    [Fact]
    public void The_five_types_are_taken_as_often_and_kept_as_long_as_the_guide_says()
    {
        var backups = Shipped.Backups;
        Assert.Equal((TimeSpan.FromDays(1), TimeSpan.FromDays(30)), (Gap(backups.Full!.Schedule), backups.Full.Keep));
        Assert.Equal("0 2 * * *", backups.Full.Schedule.Text);
        Assert.Equal((TimeSpan.FromHours(1), TimeSpan.FromDays(7)), (Gap(backups.Incremental!.Schedule), backups.Incremental.Keep));
        Assert.Equal((true, TimeSpan.FromDays(90)), (backups.Configuration!.Schedule.IsOnChange, backups.Configuration.Keep));
        Assert.Equal((TimeSpan.FromDays(7), TimeSpan.FromDays(365)), (Gap(backups.Repository!.Schedule), backups.Repository.Keep));
        Assert.Equal((TimeSpan.FromDays(7), TimeSpan.FromDays(90)), (Gap(backups.Logs!.Schedule), backups.Logs.Keep));
        Assert.Equal("0 3 * * 0", Shipped.Verification!.Schedule.Text);
        Assert.InRange(Gap(Shipped.Rehearsal!.Schedule), TimeSpan.FromDays(90), TimeSpan.FromDays(92));
    }

    [Fact]
    public void The_guides_files_are_backed_up() =>
        Assert.Equal(
            ["/app/.env", "/app/ssl-cert", "/app/docker-compose.yml", "/app/prometheus.yml", "/app/alertmanager.yml"],
            Shipped.Backups.Configuration!.Paths.Select(path => path.Path));

    [Fact]
    public void The_objectives_are_the_guides()
    {
        var objectives = Shipped.Objectives;
        Assert.Equal(TimeSpan.FromHours(1), objectives.Bot.Rto);
        Assert.Equal((TimeSpan.FromHours(1), TimeSpan.FromHours(2)), (objectives.Database.Rpo, objectives.Database.Rto));
        Assert.Equal(TimeSpan.FromHours(24), objectives.Configuration.Rpo);
        Assert.Equal(TimeSpan.FromDays(7), objectives.Repository.Rpo);
        Assert.Equal(TimeSpan.FromHours(4), objectives.System.Rto);
    }

    [Fact]
    public void The_steps_of_a_recovery_share_the_four_hours()
    {
        var shares = RecoveryShares.Of(Shipped);
        Assert.Equal(RecoveryShares.Steps, shares.Keys);
        Assert.Equal(TimeSpan.FromHours(4), TimeSpan.FromTicks(shares.Values.Sum(t => t.Ticks)));
        Assert.Equal(TimeSpan.FromHours(2), shares["database"]);
        Assert.Equal(TimeSpan.FromHours(1), shares["deploy"] + shares["verify"] + shares["route"]);
    }

    [Fact]
    public void A_backup_without_keys_of_ones_own_is_refused_and_not_sealed_to_a_stranger()
    {
        Assert.All(Shipped.Keys.Recipients, key => Assert.Null(key.Text));
        var refusal = Assert.Throws<TwiBackupException>(() => Shipped.Keys.ResolveRecipients(new Dictionary<string, string>()));
        Assert.Equal(
            "env:TWIBACKUP_RECIPIENTS: environment variable TWIBACKUP_RECIPIENTS, which the policy names, is not set; set it and start "
            + "again", refusal.Message);
    }

    [Fact]
    public void What_is_asked_of_the_running_bot_is_what_is_known_of_it()
    {
        var system = Shipped.Verification!.System!;
        var database = system.Database!;
        Assert.Equal((46, 46), (database.Tables.Count, database.Tables.Distinct().Count()));
        Assert.Equal((9, 9), (database.Sequences.Count, database.Sequences.Select(sequence => sequence.Name).Distinct().Count()));
        Assert.Contains(database.Sequences, sequence => sequence.Name == "public.\"foliana-interlude_serial_id_seq\"");
        Assert.All(database.Sequences, sequence => Assert.Contains(sequence.Table, database.Tables));
        Assert.All(database.Growing, table => Assert.Contains(table, database.Tables));
        Assert.Equal(["attachments_messages_fk", "mentions_messages_fk"], database.NotValid!);
        Assert.Equal((Shipped.Objectives.Database.Rpo, 45, 5), (database.Newest, database.Connections, database.Sessions));

        var environment = system.Environment!;
        Assert.Contains(Shipped.Backups.Configuration!.Paths, path => path.Path == environment.File);
        Assert.Contains("BOT_TOKEN", environment.Required);
        Assert.Equal([2, 3, 5, 2], environment.Groups.Select(group => group.Count));
        Assert.Equal(["CHANNEL_IDS", "ROLE_IDS", "COOKIES", "HEADERS"], environment.Json);
        var login = system.Login!;
        Assert.All(
            [login.Host, login.User, login.Password, login.Database],
            part => Assert.Contains($"{login.Url}|{part}", environment.Required));
        Assert.All(system.Certificates, certificate => Assert.False(certificate.Required));
        Assert.Equal(("/app", true), (system.Code, system.Webhook));
        Assert.Equal(5, system.Logs!.Never.Count);
    }

    [Fact]
    public void Its_window_is_proven()
    {
        var proof = RecoverabilityProof.Of(Shipped, Sample.Now);
        Assert.True(proof.Holds);
        Assert.Equal(
            (TimeSpan.FromDays(7), TimeSpan.FromDays(1), TimeSpan.FromDays(9), 21),
            (proof.Window, proof.LongestGap, proof.Needed, proof.Spare));
        Assert.Contains("Therefore any instant of the last 7d can be restored, and the end of every full of the last 30d by the WAL "
            + "inside it.", proof.Sentences);
    }

    [Fact]
    public void Its_promises_are_listed()
    {
        var promises = Promises.Of(Shipped, Sample.Now);
        Assert.Equal(
            ["full", "incremental", "dump", "configuration", "repository", "logs", "verification", "rehearsal"],
            promises.Select(promise => promise.Type));
        Assert.All(promises, promise => Assert.Equal(promise.Schedule.IsOnChange ? 0 : 3, promise.NextRuns.Count));
        Assert.Equal("repository RPO 7d: runs at most 7d apart", promises.Single(promise => promise.Type == "repository").Meets);
        Assert.Equal("configuration RPO 1d: as soon as it changed", promises.Single(promise => promise.Type == "configuration").Meets);
    }

    private static TimeSpan Gap(Schedule schedule) => schedule.LongestGap(Sample.Now)!.Value;
}
