namespace TwiBackup.Rehearsal.Bot;

/// <summary>One heartbeat whose commit the server acknowledged.</summary>
/// <param name="Seq">
/// The row's id. After a recovery that lost rows the same number may come again; with <paramref name="SentAt"/> it is unique.
/// </param>
/// <param name="SentAt">The row's <c>sent_at</c>, UTC, by the client's clock, whole microseconds.</param>
/// <param name="AcknowledgedAt">When the acknowledgement came, UTC, whole microseconds.</param>
/// <param name="Ticks">The same by the monotonic clock (<see cref="MonotonicInstant.Ticks"/>).</param>
public sealed record Acknowledgement(long Seq, DateTime SentAt, DateTime AcknowledgedAt, long Ticks);
