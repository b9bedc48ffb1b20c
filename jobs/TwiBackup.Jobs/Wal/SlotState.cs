using TwiBackup.Postgres;

namespace TwiBackup.Wal;

/// <summary>
/// A row of <see href="https://www.postgresql.org/docs/current/view-pg-replication-slots.html">pg_replication_slots</see>.
/// </summary>
/// <param name="IsPhysical">Whether WAL can be streamed from it.</param>
/// <param name="IsActive">Whether somebody streams from it now.</param>
/// <param name="ActiveProcess">That walsender's process id, or 0.</param>
/// <param name="RestartLsn">WAL from here on is kept; null when it reserves nothing, or lost it.</param>
/// <param name="WalStatus">reserved, extended, unreserved or lost; empty when it reserves nothing.</param>
/// <param name="SafeWalSize">Bytes that may still be written until it is lost; null without max_slot_wal_keep_size.</param>
public sealed record SlotState(bool IsPhysical, bool IsActive, int ActiveProcess, Lsn? RestartLsn, string WalStatus, long? SafeWalSize);
