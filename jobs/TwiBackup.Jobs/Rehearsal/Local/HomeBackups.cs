using TwiBackup.Catalog;

namespace TwiBackup.Rehearsal.Local;

/// <summary>The newest sets beside the database's, and what was there when they were taken, to hold what comes back against.</summary>
/// <param name="Logs">Null: nothing was to be archived.</param>
/// <param name="Files">Of the configuration: name to mode, owner and digest.</param>
/// <param name="Refs">Of the repository.</param>
/// <param name="RotatedLogs">Name to mode, owner and digest.</param>
internal sealed record HomeBackups(
    BackupSet Configuration,
    BackupSet Repository,
    BackupSet? Logs,
    IReadOnlyDictionary<string, string> Files,
    IReadOnlyDictionary<string, string> Refs,
    IReadOnlyDictionary<string, string> RotatedLogs);
