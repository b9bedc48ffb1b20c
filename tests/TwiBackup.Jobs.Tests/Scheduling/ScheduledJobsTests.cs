using TwiBackup.Commands;
using TwiBackup.Policy;
using TwiBackup.Scheduling;

namespace TwiBackup.Tests.Scheduling;

/// <summary>What a policy asks for becomes jobs that this program has.</summary>
public sealed class ScheduledJobsTests
{
    private static readonly BackupPolicy Whole = TestPolicy.Parse(
        backups: """
        {
          "full": { "schedule": "0 2 * * *", "keep": "30d" },
          "incremental": { "schedule": "0 * * * *", "keep": "7d" },
          "configuration": { "schedule": "30 3 * * *", "keep": "90d", "paths": [{ "path": "/app/.env" }] },
          "repository": { "schedule": "0 4 * * 0", "keep": "1y", "source": "/app" },
          "logs": { "schedule": "0 5 * * 0", "keep": "90d", "paths": ["/app/logs/*.log.*"] }
        }
        """,
        extra: "\"verification\": { \"schedule\": \"0 3 * * 0\", \"random\": 1 }, \"rehearsal\": { \"schedule\": \"0 6 1 1,4,7,10 *\" },");

    [Fact]
    public void Each_schedule_of_the_policy_has_its_job()
    {
        Assert.Equal(
            [
                "full", "incremental", "configuration", "repository", "logs", "verification full", "verification random", "verification configuration",
                "verification repository", "verification logs", "rehearsal", "prune",
            ],
            ScheduledJobs.Of(Whole).Select(j => j.Kind));
        Assert.Equal(5, ScheduledJobs.Find(Whole, "verification").Count);
        Assert.Equal("backup database", Assert.Single(ScheduledJobs.Find(Whole, "full")).Name);
    }

    [Fact]
    public void Each_job_is_a_command_of_this_program()
    {
        var root = Program.CreateRoot();
        foreach (var job in ScheduledJobs.Of(Whole))
            Assert.True(root.Parse([.. job.Arguments, .. job.Options, "--policy", "x"]).Errors.Count == 0, job.Name);
        Assert.Empty(root.Parse(["wal", "receive", "--recreate-lost-slot", "--policy", "x"]).Errors);
        Assert.Empty(root.Parse(["backup", "configuration", "--watch", "--policy", "x"]).Errors);
    }

    [Theory]
    [InlineData("backup database", "backup database")]
    [InlineData("verify database --random", "verify database")]
    [InlineData("prune", "prune")]
    [InlineData("wal receive", "wal receive")]
    [InlineData("wal push x", null)]
    [InlineData("restore database x", null)]
    [InlineData("list", null)]
    [InlineData("backup --help", null)]
    public void What_people_count_on_is_a_job_and_nothing_else(string line, string? job) =>
        Assert.Equal(job, JobReport.NameOf(Program.CreateRoot().Parse(line.Split(' '))));

    [Fact]
    public void The_running_system_is_asked_at_its_own_time_without_the_identity()
    {
        var policy = TestPolicy.Parse(
            keys: $"{{ \"recipients\": [\"{TestPolicy.Recipient}\"], \"identity\": \"env:IDENTITY\", \"signingKey\": \"env:SIGNING\", \"verifierKey\": \"env:VERIFIER\" }}",
            alerts: """{ "discord": "env:DISCORD" }""",
            extra: "\"verification\": { \"schedule\": \"0 3 * * 0\", \"system\": { \"schedule\": \"30 7 * * *\" } },");
        var job = Assert.Single(ScheduledJobs.Of(policy), j => j.Kind == "verification system");
        Assert.Equal(("verify system", "30 7 * * *", null), (job.Name, job.Schedule.Text, job.Needs));
        Assert.Equal(["verification full", "verification system"], ScheduledJobs.Find(policy, "verification").Select(j => j.Kind));
        Assert.Empty(Program.CreateRoot().Parse([.. job.Arguments, "--policy", "x"]).Errors);
        var variables = new[] { "IDENTITY", "SIGNING", "VERIFIER", "DISCORD", "DB_PASSWORD" }.ToDictionary(name => name, _ => "x");
        Assert.Equal(
            ["DB_PASSWORD", "DISCORD", "SIGNING", "VERIFIER"],
            JobEnvironment.For(job.Secrets, policy, variables).Keys.Where(variables.ContainsKey).Order());
        // Without one of its own it goes with the others.
        var together = TestPolicy.Parse(extra: "\"verification\": { \"schedule\": \"0 3 * * 0\", \"system\": {} },");
        Assert.Equal("0 3 * * 0", Assert.Single(ScheduledJobs.Of(together), j => j.Kind == "verification system").Schedule.Text);
        Assert.DoesNotContain(ScheduledJobs.Of(Whole), j => j.Kind == "verification system");
    }

    [Fact]
    public void Servers_without_physical_replication_are_dumped_and_have_no_receiver()
    {
        var text = TestPolicy.Text(backups: """{ "dump": { "schedule": "0 2 * * *", "keep": "30d" } }""").Replace("\"physical\"", "\"dump\"", StringComparison.Ordinal);
        var jobs = ScheduledJobs.Of(PolicyFile.Parse(text, "/etc/twibackup.json"));
        Assert.Equal(["dump", "prune"], jobs.Select(j => j.Kind));
        Assert.Equal("dump", jobs[1].After);
    }
}
