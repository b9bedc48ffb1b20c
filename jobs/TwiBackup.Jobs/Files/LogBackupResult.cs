using TwiBackup.Catalog;

namespace TwiBackup.Files;

/// <summary>What archiving logs came to.</summary>
/// <param name="Set">The set that was taken; null when nothing new was there.</param>
/// <param name="Archived">How many files were found that an earlier set holds.</param>
/// <param name="Left">Files left for next time, and why.</param>
public sealed record LogBackupResult(BackupSet? Set, int Archived, IReadOnlyList<LogLeft> Left);
