namespace TwiBackup.Policy.Tests;

/// <summary>Invariant 3: what the check accepts can be recovered, tried on days that are simulated.</summary>
public sealed class RecoverabilityTests
{
    private static readonly TimeSpan Length = TimeSpan.FromDays(60);
    private static readonly string[] Zones = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"];

    [Fact]
    public void Whatever_the_check_accepts_never_leaves_an_instant_of_the_window_unrecoverable()
    {
        var (accepted, refused) = (0, 0);
        for (var seed = 0; seed < 450; seed++)
        {
            var random = new Random(seed);
            var start = Sample.Now.AddDays(random.Next(0, 700)).AddMinutes(random.Next(0, 1440));
            var policy = RandomPolicy(random);
            if (PolicyCheck.Check(policy, start).Any(finding => finding.Severity == Severity.Error))
            {
                refused++;
                continue;
            }

            accepted++;
            var spare = RecoverabilityProof.Of(policy, start).Spare;
            var failures = seed % 2 == 0 ? spare : 0;
            var simulation = new RetentionSimulation(policy, random, start) { AreSlow = seed % 3 == 0, Failures = failures };
            var loss = simulation.Run(Length);
            Assert.True(loss is null,
                $"seed {seed}, fulls {policy.Backups.Full!.Schedule} kept {policy.Backups.Full.Keep}, {spare} spare: {loss}");
        }

        // Else this would prove nothing.
        Assert.True(accepted > 100 && refused > 100, $"{accepted} accepted, {refused} refused");
    }

    [Fact]
    public void The_guides_numbers_hold_in_the_simulation_and_so_do_as_many_failures_as_the_proof_allows()
    {
        foreach (var failures in (int[])[0, 1, RecoverabilityProof.Of(Sample.Policy, Sample.Now).Spare])
        {
            var random = new Random(failures);
            var simulation = new RetentionSimulation(Sample.Policy, random, Sample.Now) { AreSlow = true, Failures = failures };
            Assert.Null(simulation.Run(Length));
        }
    }

    [Theory]
    [InlineData(7, 30, false)] // the guide's own numbers
    [InlineData(7, 9, false)] // the least that the check accepts
    [InlineData(7, 8.9, true)]
    [InlineData(7, 7, true)]
    [InlineData(20, 21, true)]
    public void The_simulation_sees_it_when_fulls_are_not_kept_for_long_enough(double window, double keep, bool loses)
    {
        var policy = Daily(window, keep, wal: window);
        Assert.Equal(loses, new RetentionSimulation(policy, new Random(1), Sample.Now) { AreSlow = true }.Run(Length) is not null);
        Assert.Equal(loses, PolicyCheck.Check(policy, Sample.Now).Any(finding => finding.Severity == Severity.Error));
    }

    [Fact]
    public void One_failure_more_than_the_proof_allows_breaks_the_window()
    {
        var policy = Daily(window: 7, keep: 14, wal: 7);
        var spare = RecoverabilityProof.Of(policy, Sample.Now).Spare;
        Assert.Equal(5, spare);
        Assert.Null(new RetentionSimulation(policy, new Random(1), Sample.Now) { AreSlow = true, Failures = spare }.Run(Length));
        Assert.NotNull(new RetentionSimulation(policy, new Random(1), Sample.Now) { AreSlow = true, Failures = spare + 1 }.Run(Length));
    }

    [Fact]
    public void Without_the_tag_rule_the_guides_seven_days_of_WAL_would_not_hold()
    {
        var simulation = new RetentionSimulation(Sample.Policy, new Random(1), Sample.Now) { ForgetsTheTagRule = true };
        Assert.NotNull(simulation.Run(Length));
    }

    private static BackupPolicy Daily(double window, double keep, double wal) => Sample.Policy with
    {
        RecoveryWindow = TimeSpan.FromDays(window),
        Stores = new StoresPolicy { Primary = "file:///backups" },
        Objectives = Sample.Policy.Objectives with { Replica = new() },
        Backups = Sample.Policy.Backups with
        {
            Full = Sample.Policy.Backups.Full! with { Keep = TimeSpan.FromDays(keep) },
            Incremental = Sample.Policy.Backups.Incremental! with { Keep = TimeSpan.FromDays(wal) },
        },
    };

    private static BackupPolicy RandomPolicy(Random random)
    {
        var zone = Zones[random.Next(Zones.Length)];
        var (minute, hour, day) = (random.Next(60), random.Next(24), random.Next(7));
        var cron = random.Next(8) switch
        {
            0 => $"{minute} */{random.Next(1, 13)} * * *",
            1 => $"{minute} {hour},{(hour + random.Next(1, 23)) % 24} * * *",
            2 => $"{minute} {hour} * * {day}",
            3 => $"{minute} {hour} * * {day},{(day + 1) % 7},{(day + 3) % 7}",
            4 => $"{minute} {hour} */{random.Next(2, 10)} * *",
            5 => $"{minute} {hour} 1,15 * *",
            _ => $"{minute} {hour} * * *",
        };
        var policy = Daily(random.Next(1, 15 * 24) / 24.0, keep: random.Next(1, 45), wal: random.Next(1, 30));
        return policy with { Backups = policy.Backups with { Full = policy.Backups.Full! with { Schedule = Sample.Cron(cron, zone) } } };
    }
}
