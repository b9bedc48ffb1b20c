using System.Diagnostics;
using TwiBackup.Progress;
using TwiBackup.Rehearsal;

namespace TwiBackup.Tests.Rehearsal;

public sealed class StagedProgressTests
{
    private static readonly Dictionary<string, string> Names = new() { ["bundle"] = "repository", ["git fsck"] = "repository" };

    private readonly StageClock clock = new(Stopwatch.GetTimestamp());

    [Fact]
    public void Stages_follow_each_other_and_those_of_one_name_are_one()
    {
        var staged = new StagedProgress(SilentProgress.Instance, clock, "detect", Names);
        foreach (var name in (string[])["bundle", "git fsck", "base", "replay"])
            staged.Stage(name);
        staged.End();
        Assert.Equal(["detect", "repository", "base", "replay"], clock.Stages.Select(s => s.Name));
        Assert.Equal(clock.Elapsed.TotalSeconds, clock.Stages.Sum(s => s.Seconds), 0.001);
        Assert.Equal(TimeSpan.Zero, staged.Wasted);
    }

    [Fact]
    public void A_stage_that_is_begun_again_was_given_up()
    {
        var staged = new StagedProgress(SilentProgress.Instance, clock, "provision", Names);
        foreach (var name in (string[])["base", "base", "replay"])
            staged.Stage(name);
        staged.End();
        Assert.Equal(["provision", "base given up", "base", "replay"], clock.Stages.Select(s => s.Name));
        Assert.Equal(clock.Stages[1].Seconds, staged.Wasted.TotalSeconds, 0.001);
    }
}
