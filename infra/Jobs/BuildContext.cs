using System.Security.Cryptography;
using System.Text;

namespace TwiBackup.Infra.Jobs;

/// <summary>What the image is built from; its hash is the image's tag, so that the same source has the same tag and no tag ever
/// moves.</summary>
public static class BuildContext
{
    /// <summary>What the Dockerfile copies, relative to the project's root.</summary>
    public static IReadOnlyList<string> Parts { get; } =
        ["jobs", ".editorconfig", "Directory.Build.props", "Directory.Packages.props", ".dockerignore"];

    private static readonly string[] LeftOut = ["bin", "obj", "artifacts", ".git", ".vs"];

    /// <summary>Sixteen hexadecimal digits over the paths and contents of everything that goes into the image.</summary>
    public static string Tag(string root)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in Files(root).Order(StringComparer.Ordinal))
        {
            var content = File.ReadAllBytes(Path.Combine(root, path));
            hash.AppendData(Encoding.UTF8.GetBytes($"{path}\0{content.Length}\0"));
            hash.AppendData(content);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 8));
    }

    private static IEnumerable<string> Files(string root) => Parts
        .Select(part => Path.Combine(root, part))
        .SelectMany(path => Directory.Exists(path) ? Walk(path) : File.Exists(path) ? [path] : [])
        .Select(path => Path.GetRelativePath(root, path).Replace('\\', '/'));

    private static IEnumerable<string> Walk(string folder) => Directory.EnumerateFiles(folder)
        .Concat(Directory.EnumerateDirectories(folder).Where(child => !LeftOut.Contains(Path.GetFileName(child))).SelectMany(Walk));
}
