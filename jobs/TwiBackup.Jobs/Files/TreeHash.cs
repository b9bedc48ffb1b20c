using System.Security.Cryptography;
using System.Text;
using TwiBackup.Catalog;
using TwiBackup.Sealing;

namespace TwiBackup.Files;

/// <summary>Keyed hashes of files and trees: who has not the signing key can't test guesses of a secret against a manifest.</summary>
internal static class TreeHash
{
    /// <summary>Of a whole tree: names, kinds, modes, owners, link targets and contents; not times.</summary>
    public static string Of(IEnumerable<FileEntry> entries, SigningKey key)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var e in entries)
        {
            // NUL stands in none of the parts, so no two trees give one text.
            var line = $"{e.Name}\0{e.Kind}\0{e.ModeText()}\0{e.OwnerText()}\0{e.Target}\0{e.Sha256}\0\n";
            hash.AppendData(Encoding.UTF8.GetBytes(line));
        }

        return Convert.ToHexStringLower(key.NameHash(hash.GetCurrentHash()));
    }

    /// <summary>Of one content, by its SHA-256 in hexadecimal.</summary>
    public static string Of(string sha256, SigningKey key) => Convert.ToHexStringLower(key.NameHash(Convert.FromHexString(sha256)));

    /// <summary>An entry as a manifest lists it.</summary>
    public static ArchivedFile Describe(FileEntry entry, SigningKey key) =>
        new("/" + entry.Name, entry.Sha256 is { } sha256 ? Of(sha256, key) : null, entry.ModeText(), entry.OwnerText());
}
