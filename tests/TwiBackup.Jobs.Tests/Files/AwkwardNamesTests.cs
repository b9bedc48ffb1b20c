namespace TwiBackup.Tests.Files;

/// <summary>The guide's scripts expand names unquoted (fault 16); here no shell ever sees one.</summary>
public sealed class AwkwardNamesTests
{
    [Theory]
    [InlineData("two words.env")]
    [InlineData("a; touch evil")]
    [InlineData("$(touch evil)")]
    [InlineData("`touch evil`")]
    [InlineData("*")]
    [InlineData("--checkpoint-action=exec=touch evil")]
    [InlineData("'\"\\")]
    [InlineData("~")]
    public async Task A_name_is_a_name_whatever_a_shell_would_make_of_it(string name)
    {
        await using var test = new FilesTest();
        test.Write(name, "one");
        test.Write("beside", "two");
        // Named by the policy itself, and found below a folder.
        foreach (var path in (string[])[Path.Combine(test.Source, name), test.Source])
        {
            await test.Backup(path).RunAsync(FilesTest.Cancellation);
            var root = await test.RestoreElsewhereAsync();
            Assert.Equal("one", await File.ReadAllTextAsync(root + Path.Combine(test.Source, name), FilesTest.Cancellation));
        }

        Assert.Empty(Directory.GetFiles(test.Folder, "evil", SearchOption.AllDirectories));
        Assert.False(File.Exists("evil"));
    }
}
