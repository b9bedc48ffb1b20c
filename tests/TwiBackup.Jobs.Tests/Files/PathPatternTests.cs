using TwiBackup.Files;

namespace TwiBackup.Tests.Files;

public sealed class PathPatternTests : IAsyncDisposable
{
    private readonly FilesTest test = new();

    public ValueTask DisposeAsync() => test.DisposeAsync();

    [Theory]
    [InlineData("*.yml", "a.yml b.yml")]
    [InlineData("?.yml", "a.yml b.yml")]
    [InlineData("*", ".env a.yml b.yml conf loop")]
    [InlineData("conf/*.conf", "conf/x.conf")]
    [InlineData("c*/*.conf", "conf/x.conf")]
    [InlineData("**/*.conf", "conf/deep/y.conf conf/x.conf")]
    [InlineData("conf", "conf")]
    [InlineData(".env", ".env")]
    [InlineData("none*", "")]
    [InlineData("none/x", "")]
    public void A_pattern_finds_what_it_names(string pattern, string expected)
    {
        foreach (var name in new[] { ".env", "a.yml", "b.yml", "conf/x.conf", "conf/deep/y.conf" })
            test.Write(name, "");
        File.CreateSymbolicLink(Path.Combine(test.Source, "loop"), ".");
        var found = PathPattern.Expand(Path.Combine(test.Source, pattern)).Select(p => Path.GetRelativePath(test.Source, p));
        Assert.Equal(expected, string.Join(' ', found));
    }

    [Theory]
    [InlineData("/etc/prometheus/*.yml", "/etc/prometheus")]
    [InlineData("/etc/*/x", "/etc")]
    [InlineData("/app/.env", "/app")]
    [InlineData("/*", "/")]
    public void Everything_that_a_pattern_can_name_lies_below_its_fixed_folder(string pattern, string folder) =>
        Assert.Equal(folder, PathPattern.FixedFolder(pattern));
}
