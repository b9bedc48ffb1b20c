using TwiBackup.Postgres;

namespace TwiBackup.Wal;

/// <summary>Why a <see cref="WalSession"/> ended, and where the next timeline begins.</summary>
internal readonly record struct WalSessionEnd(WalSessionEndKind Kind, uint NextTimeline, Lsn Switch);
