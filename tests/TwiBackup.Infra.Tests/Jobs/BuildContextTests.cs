using TwiBackup.Infra.Jobs;
using TwiBackup.Infra.Tests.Support;

namespace TwiBackup.Infra.Tests.Jobs;

public sealed class BuildContextTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("twibackup-context-").FullName;

    public BuildContextTests() => Write("jobs/Dockerfile", "FROM scratch");

    [Fact]
    public void The_tag_is_the_sources_and_not_the_machines()
    {
        var tag = BuildContext.Tag(_root);
        Write("jobs/TwiBackup.Jobs/bin/x.dll", "built");
        Write("jobs/TwiBackup.Jobs/obj/y.json", "built");
        Write("README.md", "words");
        Assert.Equal(tag, BuildContext.Tag(_root));
        Assert.Matches("^[0-9a-f]{16}$", tag);
    }

    [Fact]
    public void Any_change_of_content_or_name_is_another_tag()
    {
        Write("jobs/a.cs", "bc");
        var first = BuildContext.Tag(_root);
        Write("jobs/a.cs", "bd");
        var second = BuildContext.Tag(_root);
        File.Move(Path.Combine(_root, "jobs/a.cs"), Path.Combine(_root, "jobs/ab.cs"));
        Assert.Equal(3, new[] { first, second, BuildContext.Tag(_root) }.Distinct().Count());
    }

    /// <summary>What the tag leaves out could change the image under a tag that stays.</summary>
    [Fact]
    public void Everything_that_the_Dockerfile_copies_is_in_the_tag_and_let_in()
    {
        var root = Repository.Root;
        var copied = File.ReadLines(Path.Combine(root, "jobs", "Dockerfile"))
            .Where(line => line.StartsWith("COPY ", StringComparison.Ordinal) && !line.Contains("--from=", StringComparison.Ordinal))
            .SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..^1])
            .Where(word => !word.StartsWith("--", StringComparison.Ordinal))
            .ToList();
        Assert.Contains("jobs", copied);
        Assert.All(copied, path => Assert.Contains(path.Split('/')[0], BuildContext.Parts));
        var letIn = File.ReadLines(Path.Combine(root, ".dockerignore")).Where(line => line.StartsWith('!')).Select(line => line[1..]);
        Assert.Equal(letIn.Append(".dockerignore").Order(), BuildContext.Parts.Order());
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private void Write(string path, string text)
    {
        var full = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }
}
