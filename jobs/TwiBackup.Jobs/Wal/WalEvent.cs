namespace TwiBackup.Wal;

/// <summary>Something that a person should hear of. The message is one line and holds no secret.</summary>
public sealed record WalEvent(WalEventKind Kind, string Message);
