namespace TwiBackup.AppHost.Tests;

public sealed class RunArgumentsTests
{
    [Fact]
    public void Without_arguments_everything_runs_with_a_dashboard()
    {
        var run = RunArguments.Read(["--Postgres:Version=16.10"]);
        Assert.False(run.IsHeadless);
        Assert.Equal(["--Postgres:Version=16.10"], run.Others);
    }

    [Theory]
    [InlineData("--scenario", "bad-migration", "--headless")]
    [InlineData("--headless", "--scenario", "bad-migration")]
    [InlineData("--headless", "--scenario=bad-migration")]
    public void Headless_takes_a_scenario_in_any_order(params string[] arguments)
    {
        var run = RunArguments.Read([.. arguments, "--Store:Version", "4.44"]);
        Assert.Equal(("bad-migration", true), (run.Scenario, run.IsHeadless));
        Assert.Equal(["--Store:Version", "4.44"], run.Others);
    }

    [Theory]
    [InlineData("There is no scenario \"flood\". There are: lost-host", "--scenario", "flood", "--headless")]
    [InlineData("--scenario goes with --headless", "--scenario", "lost-host")]
    public void What_would_not_be_done_is_refused(string why, params string[] arguments)
    {
        var refused = Assert.Throws<TwiBackupException>(() => RunArguments.Read(arguments));
        Assert.Equal(ExitCode.WrongUse, refused.ExitCode);
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
    }
}
