namespace TwiBackup.Policy.Tests;

public sealed class PolicyCheckTests
{
    [Fact]
    public void A_policy_whose_promises_agree_has_no_findings() => Assert.Empty(PolicyCheck.Check(Sample.Policy, Sample.Now));

    [Theory]
    // D24, invariant 3
    [InlineData(
        "\"keep\": \"7d\"", "\"keep\": \"6d\"",
        "error: backups.incremental.keep: WAL is kept 6d and recoveryWindow promises any instant of 7d; keep WAL for 7d or longer")]
    [InlineData(
        "\"keep\": \"30d\", \"level\"", "\"keep\": \"8d\", \"level\"",
        "error: backups.full.keep: fulls are kept 8d, and recoveryWindow 7d needs one as old as 9d (the window and twice the 1d between "
        + "two of them); keep them longer or take them more often")]
    [InlineData(
        "\"keep\": \"30d\", \"level\"", "\"keep\": \"1d\", \"level\"",
        "error: backups.full.keep: fulls are kept 1d and are up to 1d apart, so fewer than two are there; keep them for 9d or "
        + "longer|warning: verification.schedule: verifications are up to 7d apart and backups.full.keep is 1d, so whole generations are "
        + "never verified; verify more often")]
    [InlineData(
        "\"keep\": \"30d\", \"level\"", "\"keep\": \"9d\", \"level\"",
        "warning: backups.full.keep: fulls are kept 9d and recoveryWindow 7d needs 9d: a single one that fails breaks it; keep them for "
        + "10d or longer")]
    [InlineData(
        "\"0 2 * * *\"", "\"0 2 1 * *\"",
        "error: backups.full.keep: fulls are kept 30d and are up to 31d apart, so fewer than two are there; keep them for 69d or longer")]
    [InlineData(
        "\"keep\": \"30d\", \"level\"", "\"keep\": \"0d\", \"level\"",
        "error: backups.full.keep: 0s keeps nothing of what the schedule takes; write a duration such as 30d, or take the section "
        + "out|warning: verification.schedule: verifications are up to 7d apart and backups.full.keep is 0s, so whole generations are "
        + "never verified; verify more often")]
    [InlineData(
        "\"keep\": \"90d\", \"paths\": [\"", "\"keep\": \"36h\", \"paths\": [\"",
        "error: backups.logs.keep: 36h is no whole number of days, and the lifecycle rules of s3://bot-backups/bot?region=eu-central-1 "
        + "count in days; write 2d")]
    [InlineData(
        "\"recoveryWindow\": \"7d\"", "\"recoveryWindow\": \"0d\"",
        "error: recoveryWindow: 0s promises that nothing can be restored; write a duration such as 7d")]
    [InlineData(
        "\"recoveryWindow\": \"7d\"", "\"recoveryWindow\": \"8d\"",
        "error: backups.incremental.keep: WAL is kept 7d and recoveryWindow promises any instant of 8d; keep WAL for 8d or longer")]
    [InlineData(
        "\"recoveryWindow\": \"7d\"", "\"recoveryWindow\": \"29d\"",
        "error: backups.full.keep: fulls are kept 30d, and recoveryWindow 29d needs one as old as 31d (the window and twice the 1d "
        + "between two of them); keep them longer or take them more often|error: backups.incremental.keep: WAL is kept 7d and "
        + "recoveryWindow promises any instant of 29d; keep WAL for 29d or longer")]
    // objectives against schedules
    [InlineData(
        "\"flushInterval\": \"10s\"", "\"flushInterval\": \"1h\"",
        "error: backups.incremental.flushInterval: 1h is not below objectives.database.rpo 1h, so WAL of that long can be lost; lower "
        + "it|error: objectives.replica.rpo: 1h is promised, and the primary store is up to 1h behind and its replica 15m more; promise "
        + "1h 15m or longer")]
    [InlineData(
        "\"markInterval\": \"1m\"", "\"markInterval\": \"1h\"",
        "error: backups.incremental.markInterval: 1h is not below objectives.database.rpo 1h, so an idle database looks too old; lower "
        + "it|error: objectives.replica.rpo: 1h is promised, and the primary store is up to 1h behind and its replica 15m more; promise "
        + "1h 15m or longer")]
    [InlineData(
        "\"0 * * * *\"", "\"0 */2 * * *\"",
        "warning: backups.incremental.schedule: the WAL chain is proven every 2h at the longest and objectives.database.rpo is 1h, so a "
        + "gap can go unseen for longer; run it more often")]
    [InlineData("\"onChange\"", "\"0 3 * * *\"", "")]
    [InlineData(
        "\"onChange\"", "\"0 3 * * 1-5\"",
        "error: objectives.configuration.rpo: 1d is promised and runs of backups.configuration.schedule are up to 3d apart; schedule it "
        + "more often or promise less")]
    [InlineData(
        "{ \"rpo\": \"7d\" }", "{ \"rpo\": \"6d\" }",
        "error: objectives.repository.rpo: 6d is promised and runs of backups.repository.schedule are up to 7d apart; schedule it more "
        + "often or promise less")]
    [InlineData("{ \"rpo\": \"7d\" }", "{ \"rpo\": \"168h\" }", "")]
    [InlineData(
        "\"timeZone\": \"UTC\"", "\"timeZone\": \"Europe/Berlin\"",
        "warning: objectives.repository.rpo: 7d is promised and runs of backups.repository.schedule are up to 7d 1h apart when daylight "
        + "saving ends; schedule it more often, or set timeZone to UTC")]
    // objectives against each other
    [InlineData(
        "\"rto\": \"4h\"", "\"rto\": \"90m\"",
        "error: objectives.system.rto: 1h 30m for everything is shorter than objectives.database.rto 2h, which is a part of it; raise it")]
    [InlineData(
        "\"bot\": { \"rto\": \"1h\" }", "\"bot\": { \"rto\": \"5h\" }",
        "error: objectives.system.rto: 4h for everything is shorter than objectives.bot.rto 5h, which is a part of it; raise it")]
    [InlineData(
        "\"replica\": { \"rpo\": \"1h\" }", "\"replica\": { \"rpo\": \"15m\" }",
        "error: objectives.replica.rpo: 15m is promised, and the primary store is up to 1m behind and its replica 15m more; promise 16m "
        + "or longer|warning: objectives.replica.rpo: 15m with the region lost is stricter than objectives.database.rpo 1h without; "
        + "promise the database the same")]
    // schedules
    [InlineData(
        "\"0 5 * * 0\"", "\"0 5 30 2 *\"",
        "error: backups.logs.schedule: \"0 5 30 2 *\" never fires: its month has no such day; write a day that exists")]
    [InlineData(
        "\"0 6 1 1,4,7,10 *\"", "\"0 6 31 4,6,9,11 *\"",
        "error: rehearsal.schedule: \"0 6 31 4,6,9,11 *\" never fires: its month has no such day; write a day that exists")]
    // keys
    [InlineData(
        "[\"age16h43lt8kua7gd9y6sg2vlygmxutjwdymfqm5s2femc3n0dfmdunqp334n9\"]", "[]",
        "error: keys.recipients: there is none, and everything is sealed to at least one; add the age1… line that age-keygen prints, or "
        + "env:NAME")]
    [InlineData(
        "\"signingKey\": \"env:SIGNING_KEY\",", "",
        "warning: keys.signingKey: it is missing, and jobs that write need one to sign with; add env:NAME or file:PATH of a minisign "
        + "secret key")]
    [InlineData(
        "\"trusted\": [\"RWRbSGzr2rlYVrzcVxL9vchJL2wvOIz9WajyeVn/MEHAyu5qd2HuakPe\"],", "",
        "warning: keys.trusted: there is none, and restores refuse what no trusted key signed; add the RW… line of the writer's .pub "
        + "file, or env:NAME")]
    // stores
    [InlineData(
        "s3://bot-backups-replica/bot?region=eu-west-1", "S3://BOT-backups/bot//?region=eu-central-1",
        "error: stores.replica: s3://bot-backups/bot?region=eu-central-1 is the primary store itself; name another place")]
    [InlineData(
        "s3://bot-backups-replica/bot?region=eu-west-1", "s3://bot-backups/bot/copy",
        "error: stores.replica: s3://bot-backups/bot/copy and the primary store s3://bot-backups/bot?region=eu-central-1 lie within each "
        + "other; name another place")]
    [InlineData(
        "s3://bot-backups-replica/bot?region=eu-west-1", "s3://bot-backups/bot2",
        "warning: stores.replica: s3://bot-backups/bot2 is in the same bucket as the primary store "
        + "s3://bot-backups/bot?region=eu-central-1; name a bucket in another region")]
    [InlineData(
        "?region=eu-west-1", "?region=eu-central-1",
        "warning: stores.replica: s3://bot-backups-replica/bot?region=eu-central-1 is in the primary store's region eu-central-1; name a "
        + "bucket in another region")]
    [InlineData(
        "\"replica\": \"s3://bot-backups-replica/bot?region=eu-west-1\",", "",
        "error: objectives.replica.rpo: 1h is promised and stores.replica is missing; add it or take the objective out|warning: "
        + "stores.replica: it is missing, so losing the primary store loses every backup; add a store in another region")]
    [InlineData(
        "\"days\": 365", "\"days\": 30",
        "error: stores.lock.days: 30 days is shorter than backups.repository.keep 1y; raise it to 365, or leave days out to lock each "
        + "object for as long as it is kept")]
    [InlineData(
        "s3://bot-backups/bot?region=eu-central-1", "/backups",
        "error: stores.lock: the primary store file:///backups is a folder and cannot lock objects; take the lock out or use S3")]
    // sections
    [InlineData(
        "\"verification\": { \"schedule\": \"0 3 * * 0\", \"random\": 1, \"keep\": \"1y\", \"system\": " + Sample.SystemChecks + " },", "",
        "warning: verification: it is missing, so nothing proves that a backup can be restored; add { \"schedule\": \"0 3 * * 0\" }")]
    [InlineData(
        "\"rehearsal\": { \"schedule\": \"0 6 1 1,4,7,10 *\", \"keep\": \"3y\" },", "",
        "warning: rehearsal: it is missing, so no RTO is ever measured; add { \"schedule\": \"0 4 1 1,4,7,10 *\" }")]
    [InlineData(
        "\"discord\": \"env:DISCORD\", \"ping\": \"file:/keys/ping\", ", "",
        "warning: alerts: nobody hears of a failure; add discord or ping, as env:NAME or file:PATH")]
    [InlineData(
        "\"repository\": { \"schedule\": \"0 4 * * 0\", \"keep\": \"1y\", \"source\": \"https://git.test/b.git\", \"tokenSecret\": "
        + "\"env:GIT_TOKEN\" },", "",
        "error: objectives.repository.rpo: 7d is promised and backups.repository is missing; add it or take the objective out")]
    [InlineData(
        "\"full\": { \"schedule\": \"0 2 * * *\", \"keep\": \"30d\", \"level\": 3, \"workers\": 2 },", "",
        "error: backups.full: database.mode is physical and backups.full is missing, so WAL has nothing to start from; add it or set "
        + "database.mode to dump")]
    [InlineData(
        "\"incremental\": { \"schedule\": \"0 * * * *\", \"keep\": \"7d\", \"flushInterval\": \"10s\", \"markInterval\": \"1m\" },", "",
        "error: backups.incremental: recoveryWindow promises any instant of 7d and backups.incremental (WAL) is missing; add it or set "
        + "database.mode to dump")]
    // recovery
    [InlineData(
        "\"assess\": \"5m\"", "\"assess\": \"160m\"",
        "error: recovery.shares: the steps may take 4h 4m 30s in all and objectives.system.rto is 4h; lower them or promise less")]
    [InlineData(
        "\"database\": \"40m\"", "\"database\": \"121m\"",
        "error: recovery.shares.database: the step may take 2h 1m and objectives.database.rto is 2h; lower it or promise less")]
    [InlineData(
        "\"deploy\": \"8m\"", "\"deploy\": \"61m\"",
        "error: recovery.shares.deploy: the step may take 1h 1m and objectives.bot.rto is 1h; lower it or promise less")]
    [InlineData(
        "\"assess\": \"5m\", ", "",
        "")]
    [InlineData(
        "\"assess\": \"5m\", \"notify\": \"2m\"", "\"notify\": \"9450s\"",
        "warning: recovery.shares: the steps named take all of objectives.system.rto 4h, and nothing is left for assess; lower some")]
    [InlineData(
        "[\"./provision\", \"--size\", \"large\"]", "[]",
        "error: recovery.provision: there is no command, and recovery.place says that one makes the place; write one such as "
        + "[\"pulumi\", \"up\", \"--stack\", \"dr\", \"--yes\"], or set recovery.place to \"local\"")]
    [InlineData(
        "\"PULUMI_ACCESS_TOKEN\"", "\"DB_PASSWORD\"",
        "error: recovery.environment: DB_PASSWORD holds a secret of this policy, which no command gets; take it out, and give the "
        + "command a secret of its own")]
    public void Each_contradiction_is_one_line_with_the_two_values(string piece, string replacement, string findings)
    {
        var found = PolicyCheck.Check(Sample.Parse(Sample.With(piece, replacement)), Sample.Now).Select(finding => finding.ToString());
        Assert.Equal(findings.Split('|', StringSplitOptions.RemoveEmptyEntries), found);
    }

    [Fact]
    public void Demand_refuses_with_the_errors_and_without_the_warnings()
    {
        PolicyCheck.Demand(Sample.Policy with { Verification = null }, Sample.Now);
        var wrong = Sample.Parse(Sample.With("\"keep\": \"7d\"", "\"keep\": \"6d\"")) with { Verification = null };
        var refusal = Assert.Throws<PolicyException>(() => PolicyCheck.Demand(wrong, Sample.Now));
        Assert.Equal(
            ["error: backups.incremental.keep: WAL is kept 6d and recoveryWindow promises any instant of 7d; keep WAL for 7d or longer"],
            refusal.Errors);
    }
}
