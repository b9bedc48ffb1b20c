using TwiBackup.Postgres;

namespace TwiBackup.Catalog;

/// <summary>A committed set whose manifest's signature was checked.</summary>
/// <param name="Kind">What it holds.</param>
/// <param name="Manifest">Its manifest.</param>
/// <param name="ManifestSha256">SHA-256 of the manifest's bytes, lower-case hexadecimal.</param>
public sealed record BackupSet(SetKind Kind, Manifest Manifest, string ManifestSha256)
{
    public string Id => Manifest.Id;

    /// <summary>The LSN from which replay begins. Physical sets only.</summary>
    public Lsn StartLsn => Lsn.Parse(Manifest.Database!.StartLsn!);

    /// <summary>The LSN from which on the set is consistent. Physical sets only.</summary>
    public Lsn StopLsn => Lsn.Parse(Manifest.Database!.StopLsn!);

    /// <summary>The timeline of the stop LSN. Physical sets only.</summary>
    public uint Timeline => Manifest.Database!.Timeline;

    /// <summary>The full key of one of its objects.</summary>
    public string Key(ManifestObject entry) => Manifest.Prefix + entry.Name;
}
