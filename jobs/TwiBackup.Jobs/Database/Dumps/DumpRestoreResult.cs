using TwiBackup.Catalog;

namespace TwiBackup.Database.Dumps;

/// <summary>What a restore of a dump did.</summary>
/// <param name="Set">The set that was used.</param>
/// <param name="Roles">What became of its roles; null when single tables were restored.</param>
/// <param name="Databases">The databases restored whole.</param>
/// <param name="Tables">The tables brought back.</param>
public sealed record DumpRestoreResult(
    BackupSet Set, RestoredRoles? Roles, IReadOnlyList<RestoredDatabase> Databases, IReadOnlyList<RestoredTable> Tables);
