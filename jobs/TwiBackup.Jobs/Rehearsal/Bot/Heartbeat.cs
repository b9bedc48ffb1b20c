namespace TwiBackup.Rehearsal.Bot;

/// <summary>A row of table <c>heartbeat</c>.</summary>
/// <param name="Seq">Its id.</param>
/// <param name="SentAt">UTC, whole microseconds.</param>
public readonly record struct Heartbeat(long Seq, DateTime SentAt);
