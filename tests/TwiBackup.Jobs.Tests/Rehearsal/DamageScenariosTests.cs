using TwiBackup.Progress;
using TwiBackup.Rehearsal;

namespace TwiBackup.Tests.Rehearsal;

/// <summary>Disasters that do not take the host, or take more than it; each can also end badly, and then says so.</summary>
public sealed class DamageScenariosTests
{
    [Fact]
    public async Task A_dropped_table_comes_back_and_nothing_else_is_lost()
    {
        var report = await SmallRehearsal.RunAsync("bad-migration");
        SmallRehearsal.Met(report);
        Assert.Contains(report.Checks, c => c.Name == "the table is back");
        Assert.Contains(report.Checks, c => c.Name == "nothing else was lost");
    }

    [Fact]
    public async Task A_lost_and_a_dropped_database_come_back_in_place_and_what_was_there_is_kept_aside()
    {
        var report = await SmallRehearsal.RunAsync("lost-database");
        SmallRehearsal.Met(report);
        Assert.Equal(2, report.Disasters);
        foreach (var name in (string[])["what was there is kept aside", "nothing else was touched"])
            Assert.Equal(2, report.Checks.Count(c => c.Name.StartsWith(name, StringComparison.Ordinal)));
        Assert.DoesNotContain(report.Stages, s => s.Name == "repository");
    }

    [Fact]
    public async Task A_damaged_newest_set_costs_time_and_no_writes()
    {
        var report = await SmallRehearsal.RunAsync("corrupt-backup", options => options with { Kills = 1 });
        SmallRehearsal.Met(report);
        Assert.Contains(report.Checks, c => c.Name == "fell back");
        Assert.Contains("fell back to full/", Assert.Single(report.Notes), StringComparison.Ordinal);
        Assert.Contains(report.Stages, s => s.Name == "base given up");
    }

    [Fact]
    public async Task When_every_set_is_damaged_nothing_is_said_to_be_recovered()
    {
        var report = await SmallRehearsal.RunAsync(o => new CorruptBackup(o, SilentProgress.Instance) { IsEverythingDamaged = true }, o => o with { Kills = 1 });
        Assert.False(report.Met);
        Assert.NotNull(report.Failure);
        Assert.Equal(1, report.Disasters);
        Assert.All(report.Components, c => Assert.False(c.Met, c.Name));
    }

    [Fact]
    public async Task When_one_identity_is_lost_the_second_opens()
    {
        var report = await SmallRehearsal.RunAsync("lost-keys");
        SmallRehearsal.Met(report);
        Assert.Contains(report.Checks, c => c.Name == "the second identity opens");
    }

    [Fact]
    public async Task When_the_second_identity_is_lost_too_nothing_is_said_to_be_recovered()
    {
        var report = await SmallRehearsal.RunAsync(o => new LostKeys(o, SilentProgress.Instance) { IsSpareLost = true });
        Assert.False(report.Met);
        Assert.Contains("identity", report.Failure, StringComparison.Ordinal);
        Assert.All(report.Components, c => Assert.False(c.Met, c.Name));
    }
}
