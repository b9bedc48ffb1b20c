namespace TwiBackup.Stores;

/// <summary>The server's clock, learned from the <c>Date</c> of its latest answer (to the second) and carried on by ours.</summary>
internal sealed class S3Clock(TimeProvider time)
{
    private sealed record Reading(DateTimeOffset Server, long Timestamp);

    private volatile Reading? _latest;

    public DateTimeOffset Now =>
        _latest is { } latest ? latest.Server + time.GetElapsedTime(latest.Timestamp) : time.GetUtcNow();

    public void Learn(DateTimeOffset server) => _latest = new Reading(server, time.GetTimestamp());
}
