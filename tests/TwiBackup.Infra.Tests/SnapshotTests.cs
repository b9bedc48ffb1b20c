using TwiBackup.Infra.Tests.Support;

namespace TwiBackup.Infra.Tests;

/// <summary>
/// What the two stacks register, as reviewed text. A change of the program or of the policy shows in a pull request as what it does;
/// <c>TWIBACKUP_ACCEPT_SNAPSHOTS=1</c> writes the new text.
/// </summary>
public sealed class SnapshotTests
{
    private const string Accept = "TWIBACKUP_ACCEPT_SNAPSHOTS";

    [Theory]
    [InlineData("prod")]
    [InlineData("dr")]
    public async Task The_graph_of_a_stack_is_the_reviewed_one(string stack)
    {
        var path = Repository.PathOf("tests", "TwiBackup.Infra.Tests", "Snapshots", $"{stack}.txt");
        var actual = GraphText.Of(await Graph.OfAsync(stack));
        if (Environment.GetEnvironmentVariable(Accept) == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, actual);
            return;
        }

        Assert.True(File.Exists(path), $"There is no reviewed graph of {stack}. Run the tests with {Accept}=1 and review {path}.");
        var expected = await File.ReadAllTextAsync(path);
        if (actual == expected)
            return;
        var (was, now) = (expected.Split('\n'), actual.Split('\n'));
        var line = was.Zip(now).TakeWhile(pair => pair.First == pair.Second).Count();
        Assert.Fail($"The graph of {stack} changed, first in line {line + 1}:\n- {was.ElementAtOrDefault(line)}\n+ {now.ElementAtOrDefault(line)}\nIf that is meant, run the tests with {Accept}=1 and review the difference.");
    }

    [Fact]
    public async Task The_same_sources_make_the_same_graph() =>
        Assert.Equal(GraphText.Of(await Graph.RunAsync("prod")), GraphText.Of(await Graph.RunAsync("prod")));
}
