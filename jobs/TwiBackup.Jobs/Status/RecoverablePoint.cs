namespace TwiBackup.Status;

/// <summary>
/// The newest point that the database can be recovered to, as names, times and signed manifests tell it without the identity. The signed
/// marks inside of the WAL, which count at a restore, are a little later.
/// </summary>
/// <param name="Time">Everything before it is there.</param>
/// <param name="Lsn">The end of the WAL without a gap.</param>
/// <param name="FullId">The full that replay begins with.</param>
/// <param name="FullTimeline">Its timeline.</param>
/// <param name="WalBytes">Stored bytes of WAL to be replayed behind it.</param>
public sealed record RecoverablePoint(DateTimeOffset Time, string Lsn, uint Timeline, string Cluster, string FullId, uint FullTimeline, long WalBytes);
