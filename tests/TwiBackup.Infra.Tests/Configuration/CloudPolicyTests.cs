using TwiBackup.Infra.Configuration;
using TwiBackup.Infra.Tests.Support;
using TwiBackup.Policy;

namespace TwiBackup.Infra.Tests.Configuration;

public sealed class CloudPolicyTests
{
    [Fact]
    public void What_is_asked_of_the_running_system_stays_on_its_host_and_the_rest_fits_into_a_parameter()
    {
        var text = File.ReadAllText(Repository.PathOf("twibackup.json"));
        Assert.NotNull(PolicyFile.Parse(text, "twibackup.json").Verification!.System);
        var rendered = CloudPolicy.Render(text, Samples.Names, Samples.Names.PrimaryRegion, Samples.Names.RecoveryRegion);
        var policy = PolicyFile.Parse(rendered, "twibackup.json");
        Assert.Null(policy.Verification!.System);
        Assert.Equal("0 3 * * 0", policy.Verification.Schedule.Text);
        Assert.InRange(rendered.Length, 1, 4096);
    }

    [Fact]
    public void What_no_parameter_holds_is_refused_and_comments_count_for_nothing()
    {
        var comments = string.Concat(Enumerable.Repeat($"// {new string('x', 100)}\n", 200));
        Assert.NotEmpty(Samples.Config("prod", policy: text => comments + text).Systems);
        var paths = string.Join(", ", Enumerable.Range(0, 200).Select(i => $"\"/app/logs/{i:D40}.log.*\""));
        var refused = Assert.Throws<ConfigException>(
            () => Samples.Config("prod", policy: text => text.Replace("\"/app/logs/*.log.*\"", paths, StringComparison.Ordinal)));
        Assert.Contains("which no parameter holds; shorten its lists", refused.Message, StringComparison.Ordinal);
    }
}
