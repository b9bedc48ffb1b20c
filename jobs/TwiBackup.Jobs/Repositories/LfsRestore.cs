using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace TwiBackup.Repositories;

/// <summary>Puts LFS objects back into a repository's storage. Each is named by its hash, so each proves itself.</summary>
internal static partial class LfsRestore
{
    /// <summary>Writes every object of the tar below <paramref name="storage"/> and returns how many.</summary>
    /// <exception cref="InvalidDataException">An entry is no LFS object, or not the one its name says.</exception>
    public static async Task<int> RunAsync(Stream archive, string storage, CancellationToken cancellationToken)
    {
        var count = 0;
        await using var tar = new TarReader(archive, leaveOpen: true);
        while (await tar.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
        {
            if (ObjectName().Match(entry.Name) is not { Success: true } match || entry.EntryType != TarEntryType.RegularFile)
                throw new InvalidDataException($"The entry \"{entry.Name}\" is no Git LFS object.");
            var name = match.Groups[1].Value;
            await WriteAsync(entry.DataStream ?? Stream.Null, LfsBackup.PathIn(storage, name), name, cancellationToken);
            count++;
        }

        return count;
    }

    private static async Task WriteAsync(Stream content, string path, string name, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await using (var file = File.Create(path))
            await content.CopyToAsync(file, cancellationToken);
        await using var written = File.OpenRead(path);
        if (Convert.ToHexStringLower(await SHA256.HashDataAsync(written, cancellationToken)) != name)
            throw new InvalidDataException($"The Git LFS object {name} is not what its name says.");
    }

    [GeneratedRegex(@"\Alfs/objects/[0-9a-f]{2}/[0-9a-f]{2}/([0-9a-f]{64})\z", RegexOptions.CultureInvariant)]
    private static partial Regex ObjectName();
}
