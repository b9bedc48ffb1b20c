namespace TwiBackup.Catalog;

/// <summary>
/// Whether every object that a manifest lists is there with its length. A manifest may be there before its data (replication goes in no
/// order), or after it (somebody deleted).
/// </summary>
internal static class SetCompleteness
{
    /// <summary>What is missing, one line; null: nothing.</summary>
    public static async Task<string?> MissingAsync(SetCatalog catalog, BackupSet set, CancellationToken cancellationToken)
    {
        var lengths = new Dictionary<string, HashSet<long>>(StringComparer.Ordinal);
        // Versions behind a delete marker or an overwritten one count: a restore finds them.
        await foreach (var version in catalog.Store.ListVersionsAsync(set.Manifest.Prefix, cancellationToken))
        {
            if (version.IsDeleteMarker)
                continue;
            if (!lengths.TryGetValue(version.Key, out var found))
                lengths[version.Key] = found = [];
            found.Add(version.Length);
        }

        var missing = set.Manifest.Objects.Where(o => !lengths.TryGetValue(set.Key(o), out var found) || !found.Contains(o.Length)).ToList();
        return missing.Count == 0
            ? null
            : $"{set.Kind.Name()}/{set.Id} is not whole: {missing.Count} of {set.Manifest.Objects.Count} objects are missing or have another length, the first is {missing[0].Name}.";
    }
}
