using TwiBackup.Policy;
using TwiBackup.Rehearsal;

namespace TwiBackup.Tests.Rehearsal;

/// <summary>Of several disasters the worst counts, and what was not measured was not met.</summary>
public sealed class FindingsTests
{
    private static readonly Objective Hour = new(TimeSpan.FromHours(1), TimeSpan.FromHours(1));

    private readonly Findings findings = new();

    [Fact]
    public void The_worst_of_all_disasters_is_reported()
    {
        findings.Expect("database", Hour);
        findings.Measure("database", TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(10));
        findings.Measure("database", TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(20));
        Assert.Equal(new ComponentResult("database", 3, 3600, 20, 3600, true), Assert.Single(findings.Components));
    }

    [Fact]
    public void A_loss_that_could_not_be_measured_is_worse_than_any_that_was()
    {
        findings.Expect("database", Hour);
        findings.Measure("database", TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(10));
        findings.Measure("database", null, TimeSpan.FromSeconds(5));
        findings.Measure("database", TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(10));
        Assert.Equal(new ComponentResult("database", null, 3600, 10, 3600, false), Assert.Single(findings.Components));
    }

    [Fact]
    public void What_was_expected_and_never_came_back_is_not_met()
    {
        findings.Expect("database", Hour);
        findings.Expect("bot", new Objective(Rto: TimeSpan.FromHours(1)));
        Assert.All(findings.Components, c => Assert.False(c.Met));
    }

    [Fact]
    public void Another_promise_replaces_the_first()
    {
        findings.Expect("database", Hour);
        findings.Expect("database", new Objective(TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)));
        findings.Measure("database", TimeSpan.FromSeconds(2), TimeSpan.Zero);
        Assert.False(Assert.Single(findings.Components).Met);
    }

    [Fact]
    public void The_slowest_recovery_shows_its_stages()
    {
        findings.Add(Clock(30, "slow"));
        findings.Add(Clock(10, "fast"));
        Assert.Equal("slow", Assert.Single(findings.Stages).Name);
    }

    [Fact]
    public void Checks_say_of_which_disaster_they_are()
    {
        findings.Begin();
        findings.Check("heartbeats", true, "");
        findings.Begin();
        findings.Check("heartbeats", true, "");
        Assert.Equal(["heartbeats", "heartbeats (disaster 2)"], findings.Checks.Select(c => c.Name));
    }

    private static StageClock Clock(int seconds, string stage)
    {
        var clock = new StageClock(System.Diagnostics.Stopwatch.GetTimestamp() - (seconds * System.Diagnostics.Stopwatch.Frequency));
        clock.End(stage);
        return clock;
    }
}
