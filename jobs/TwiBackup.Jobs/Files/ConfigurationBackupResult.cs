using TwiBackup.Catalog;

namespace TwiBackup.Files;

/// <summary>What a configuration backup came to.</summary>
/// <param name="Set">The set that holds the configuration as it is now.</param>
/// <param name="Taken">Whether it was taken now; false: nothing had changed since.</param>
public sealed record ConfigurationBackupResult(BackupSet Set, bool Taken);
