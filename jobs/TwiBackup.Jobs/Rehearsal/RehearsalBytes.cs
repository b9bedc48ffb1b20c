namespace TwiBackup.Rehearsal;

/// <summary>How much there was.</summary>
/// <param name="Database">Bytes of the database's files in the full backup.</param>
/// <param name="Stored">Bytes of that backup in the store.</param>
/// <param name="Replayed">Bytes of WAL that the slowest recovery replayed.</param>
public sealed record RehearsalBytes(long Database, long Stored, long Replayed);
