using TwiBackup.Catalog;

namespace TwiBackup.Database.Dumps;

/// <summary>What a dump set must hold to be restored.</summary>
internal static class DumpSet
{
    /// <summary>Its facts; throws when the set has none, or lacks an object that they name.</summary>
    public static DumpFacts Facts(SetCatalog catalog, BackupSet set)
    {
        if (set.Manifest is not { Dump: { } facts, Database: not null })
            throw new TwiBackupException(
                $"{catalog.Store.Location}/{set.Manifest.Prefix} does not say what it holds; it is no dump set that this program knows.", new InvalidDataException("dump"));
        foreach (var database in facts.Databases)
            Entry(catalog, set, database.Object);
        Entry(catalog, set, DumpNames.Globals);
        return facts;
    }

    /// <summary>One of its objects.</summary>
    public static ManifestObject Entry(SetCatalog catalog, BackupSet set, string name) =>
        set.Manifest.Objects.FirstOrDefault(o => o.Name == name)
        ?? throw new TwiBackupException(
            $"{catalog.Store.Location}/{set.Manifest.Prefix} lists no {name}; it is no dump set that this program knows.", new InvalidDataException(name));

    /// <summary>The databases named, or all of them; throws when the set lacks one.</summary>
    public static IReadOnlyList<DumpedDatabase> Choose(BackupSet set, IReadOnlyList<string> names)
    {
        var all = set.Manifest.Dump!.Databases;
        if (names.Count == 0)
            return all;
        return [.. names.Distinct(StringComparer.Ordinal).Select(name => all.FirstOrDefault(d => d.Name == name)
            ?? throw new TwiBackupException(
                ExitCode.WrongUse, $"{set.Kind.Name()}/{set.Id} holds no database \"{name}\"; it has {string.Join(", ", all.Select(d => $"\"{d.Name}\""))}."))];
    }
}
