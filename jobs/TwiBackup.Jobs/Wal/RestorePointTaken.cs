using TwiBackup.Postgres;

namespace TwiBackup.Wal;

/// <summary>A restore point that the store can be restored to.</summary>
/// <param name="Name">recovery_target_name.</param>
/// <param name="Lsn">The end of its WAL record.</param>
/// <param name="Time">The server's time when it was made.</param>
/// <param name="Timeline">Where it lies.</param>
/// <param name="Cluster">The cluster's folder name.</param>
/// <param name="ProvenFrom">WAL from here to <paramref name="Lsn"/> is in the store without a hole.</param>
public sealed record RestorePointTaken(string Name, Lsn Lsn, DateTimeOffset Time, uint Timeline, string Cluster, Lsn ProvenFrom);
