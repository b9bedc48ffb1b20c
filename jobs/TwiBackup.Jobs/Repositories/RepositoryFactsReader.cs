using TwiBackup.Catalog;

namespace TwiBackup.Repositories;

/// <summary>Reads what a repository is: its refs, HEAD and objects.</summary>
internal static class RepositoryFactsReader
{
    private const string Remedy = "Look at the repository with git fsck.";

    /// <summary>Facts of a repository, and whether any commit has a <c>.gitattributes</c>, without which there is no Git LFS.</summary>
    public static async Task<(RepositoryFacts Facts, bool HasAttributes)> ReadAsync(
        Git git, string folder, string source, CancellationToken cancellationToken)
    {
        var refs = new SortedDictionary<string, string>(StringComparer.Ordinal);
        await git.ReadLinesAsync(folder, ["for-each-ref", "--format=%(objectname) %(refname)"], Remedy, line =>
        {
            var blank = line.IndexOf(' ', StringComparison.Ordinal);
            refs.Add(line[(blank + 1)..], line[..blank]);
        }, cancellationToken);

        var head = await git.TryAsync(folder, ["rev-parse", "--verify", "--quiet", "HEAD"], cancellationToken);
        var branch = await git.TryAsync(folder, ["symbolic-ref", "--quiet", "HEAD"], cancellationToken);
        long count = 0;
        var attributes = false;
        if (refs.Count > 0 || head.ExitCode == 0)
        {
            await git.ReadLinesAsync(folder, ["rev-list", "--objects", "--all"], Remedy, line =>
            {
                count++;
                attributes |= line.EndsWith(".gitattributes", StringComparison.Ordinal);
            }, cancellationToken);
        }

        var facts = new RepositoryFacts
        {
            Source = source,
            ObjectFormat = await git.RunAsync(folder, ["rev-parse", "--show-object-format"], Remedy, cancellationToken),
            DefaultBranch = branch.ExitCode == 0 ? branch.Output.Trim() : null,
            Head = head.ExitCode == 0 ? head.Output.Trim() : null,
            Refs = refs,
            ObjectCount = count,
        };
        return (facts, attributes);
    }
}
