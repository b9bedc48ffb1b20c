namespace TwiBackup.Postgres.Replication;

/// <summary>One event of a <see cref="BaseBackupStream"/>.</summary>
/// <param name="Kind">ArchiveStart, Data (tar bytes of the current archive), ManifestStart, ManifestData, End.</param>
/// <param name="Data">Bytes, valid until the next read.</param>
/// <param name="Lsn">End: the stop LSN.</param>
/// <param name="Timeline">End: the timeline of the stop LSN.</param>
public readonly record struct BaseBackupEvent(BaseBackupEventKind Kind, ReadOnlyMemory<byte> Data, Lsn Lsn, uint Timeline);
