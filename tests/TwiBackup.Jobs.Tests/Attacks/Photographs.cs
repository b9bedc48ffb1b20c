using System.Security.Cryptography;

namespace TwiBackup.Tests.Attacks;

/// <summary>Every file below a folder with the hash of its content.</summary>
internal static class Photographs
{
    public static SortedDictionary<string, string> Take(string root, Func<string, bool>? only = null)
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories))
        {
            var name = Path.GetRelativePath(root, file);
            if (only?.Invoke(name) ?? true)
                files[name] = Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)));
        }

        return files;
    }

    /// <summary>Sets the time of the last write of everything below a folder that is to look old.</summary>
    public static void Age(string root, TimeSpan by, Func<string, bool> which)
    {
        foreach (var file in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Where(which))
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow - by);
    }
}
