namespace TwiBackup.Catalog;

/// <summary>
/// Oldest first. Physical sets of one cluster go by (timeline, stop LSN), which no clock can forge or lose; clusters among each
/// other, and all other kinds, by id.
/// </summary>
public static class BackupSetOrder
{
    public static IReadOnlyList<BackupSet> Sort(IEnumerable<BackupSet> sets)
    {
        var byCluster = sets.GroupBy(s => s.Kind.IsPhysical() ? s.Manifest.Database!.SystemIdentifier : "");
        return
        [
            .. byCluster
                .Select(g => g
                    .OrderBy(s => s.Kind.IsPhysical() ? s.Timeline : 0)
                    .ThenBy(s => s.Kind.IsPhysical() ? s.StopLsn.Value : 0)
                    .ThenBy(s => s.Id, StringComparer.Ordinal)
                    .ToList())
                .OrderBy(g => g.Max(s => s.Id), StringComparer.Ordinal)
                .SelectMany(g => g),
        ];
    }
}
