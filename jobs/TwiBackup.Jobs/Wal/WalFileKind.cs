namespace TwiBackup.Wal;

/// <summary>Kinds of file that archive_command and restore_command name.</summary>
public enum WalFileKind
{
    Segment,
    Partial,
    BackupLabel,
    History,
}
