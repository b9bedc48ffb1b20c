namespace TwiBackup.Status;

/// <summary>One good set, as a line of its system's history.</summary>
/// <param name="Kind">A word of <see cref="Catalog.SetKinds"/>.</param>
/// <param name="At">The instant whose state it holds: a full's end, any other's begin.</param>
/// <param name="KeepUntil">Until then it is kept at least.</param>
/// <param name="PlainBytes">Before sealing.</param>
/// <param name="StoredBytes">In the store.</param>
/// <param name="DurationSeconds">How long the backup took.</param>
/// <param name="ProvenAt">When it was last proven by restoring it; null: never.</param>
public sealed record SetHistory(
    string Kind, string Id, DateTimeOffset At, DateTimeOffset KeepUntil, long PlainBytes, long StoredBytes, double DurationSeconds, DateTimeOffset? ProvenAt);
