using System.Globalization;
using TwiBackup.Catalog;
using TwiBackup.Wal;

namespace TwiBackup.Database;

/// <summary>
/// Clusters that were made after the one that is restored and have WAL in the store, but no full that can be used: after initdb or pg_upgrade,
/// until the first full is complete. They can't be restored; that the older one is, is not to happen in silence.
/// </summary>
internal static class NewerClusters
{
    private const int SecondsShift = 32;

    /// <summary>One line for each.</summary>
    public static async Task<IReadOnlyList<string>> FindAsync(SetCatalog catalog, WalLayout restored, CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        await foreach (var folder in catalog.Store.ListFoldersAsync(WalLayout.ClustersOf(catalog.System), cancellationToken))
        {
            if (WalLayout.TryParseCluster(catalog.System, folder, out var other) && MadeAt(other!) > MadeAt(restored))
                lines.Add(string.Create(CultureInfo.InvariantCulture, $"Cluster {other!.Cluster}, made at {MadeAt(other):u}, is newer and was passed over: it has WAL and no full that can be used."));
        }

        return lines;
    }

    /// <summary>initdb writes its time into the upper half of the identifier.</summary>
    private static DateTimeOffset MadeAt(WalLayout layout) => DateTimeOffset.FromUnixTimeSeconds((long)(layout.SystemIdentifier >> SecondsShift));
}
