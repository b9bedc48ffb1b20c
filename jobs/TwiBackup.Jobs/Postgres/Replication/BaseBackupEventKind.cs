namespace TwiBackup.Postgres.Replication;

/// <summary>Kinds of <see cref="BaseBackupEvent"/>.</summary>
public enum BaseBackupEventKind
{
    ArchiveStart,
    Data,
    ManifestStart,
    ManifestData,
    End,
}
