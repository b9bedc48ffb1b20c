using System.Globalization;
using System.Text;
using TwiBackup.Postgres;
using TwiBackup.Sealing;
using TwiBackup.Stores;

namespace TwiBackup.Wal;

/// <summary>Reads the records that <see cref="RestorePoint"/> has left.</summary>
public static class RestorePoints
{
    private const int LargestRecord = 4096;

    /// <summary>The recorded point of this name, or null: it may still be in the WAL, made by somebody else.</summary>
    /// <exception cref="TwiBackupException">A record is there and does not verify.</exception>
    public static async Task<RestorePointTaken?> FindAsync(SignedObjects objects, WalLayout layout, string name, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream();
        try
        {
            await objects.ReadAsync(layout.Point(name), content, LargestRecord, null, cancellationToken);
        }
        catch (ObjectMissingException)
        {
            return null;
        }

        var fields = Encoding.ASCII.GetString(content.GetBuffer(), 0, (int)content.Length)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => l.Split(' ', 2))
            .Where(p => p.Length == 2)
            .ToDictionary(p => p[0], p => p[1], StringComparer.Ordinal);
        return fields.GetValueOrDefault("name") == name
            && Lsn.TryParse(fields.GetValueOrDefault("lsn"), out var lsn)
            && Lsn.TryParse(fields.GetValueOrDefault("from"), out var from)
            && uint.TryParse(fields.GetValueOrDefault("timeline"), NumberStyles.None, CultureInfo.InvariantCulture, out var timeline)
            && DateTimeOffset.TryParse(fields.GetValueOrDefault("time"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? new RestorePointTaken(name, lsn, time, timeline, layout.Cluster, from)
            : throw new TwiBackupException($"The record of restore point {name} can't be read. Restore by --lsn or --at instead.");
    }
}
