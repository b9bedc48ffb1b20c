using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace TwiBackup.Repositories;

/// <summary>
/// Finds what a history points at in Git LFS, from the pointer files themselves
/// (<see href="https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md">spec</see>), so that it is known without git-lfs, too.
/// </summary>
internal static partial class LfsPointers
{
    /// <summary>A pointer file is smaller than this by definition.</summary>
    private const int LargestPointer = 1024;
    private const int SmallestPointer = 100;
    private const string Remedy = "Look at the repository with git fsck.";

    /// <summary>SHA-256 of every LFS object of any commit.</summary>
    public static async Task<IReadOnlyCollection<string>> FindAsync(
        Git git, string mirror, string scratch, CancellationToken cancellationToken)
    {
        var list = Path.Combine(scratch, "small-blobs");
        await using (var writer = new StreamWriter(list))
        {
            await git.ReadLinesAsync(
                mirror, ["cat-file", "--batch-all-objects", "--unordered", "--batch-check=%(objectname) %(objecttype) %(objectsize)"],
                Remedy,
                line =>
                {
                    if (line.Split(' ') is [var name, "blob", var size]
                        && long.Parse(size, CultureInfo.InvariantCulture) is >= SmallestPointer and < LargestPointer)
                        writer.WriteLine(name);
                }, cancellationToken);
        }

        var found = new SortedSet<string>(StringComparer.Ordinal);
        await using var names = File.OpenRead(list);
        await using var child = git.Start(mirror, ["cat-file", "--batch"], names);
        await using var output = new BufferedStream(child.StandardOutput, 64 << 10);
        var content = new byte[LargestPointer];
        while (await ReadHeaderAsync(output, cancellationToken) is { } size)
        {
            // The content and a line end.
            await output.ReadExactlyAsync(content.AsMemory(0, size + 1), cancellationToken);
            if (Pointer().Match(Encoding.Latin1.GetString(content, 0, size)) is { Success: true } match)
                found.Add(match.Groups[1].Value);
        }

        git.ThrowIfFailed(await child.WaitAsync(cancellationToken), "cat-file", Remedy);
        return found;
    }

    /// <summary>The size in a line <c>name blob size</c>; null at the end.</summary>
    private static async Task<int?> ReadHeaderAsync(Stream output, CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (await output.ReadAsync(one, cancellationToken) > 0 && one[0] != '\n')
            line.Append((char)one[0]);
        return line.Length == 0 ? null : int.Parse(line.ToString().Split(' ')[2], CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(
        @"\Aversion https://git-lfs\.github\.com/spec/v1\n(?:ext-[^\n]*\n)*oid sha256:([0-9a-f]{64})\nsize \d+\n",
        RegexOptions.CultureInvariant)]
    private static partial Regex Pointer();
}
