namespace TwiBackup.Catalog;

/// <summary>The sets of one kind: good ones oldest first, and those with a manifest that was refused.</summary>
public sealed record CatalogListing(IReadOnlyList<BackupSet> Sets, IReadOnlyList<RefusedSet> Refused)
{
    /// <summary>The newest good set that is not past its time, or null.</summary>
    public BackupSet? Newest(DateTimeOffset now) => Sets.LastOrDefault(s => s.Manifest.KeepUntil > now);
}
