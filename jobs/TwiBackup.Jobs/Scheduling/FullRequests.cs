namespace TwiBackup.Scheduling;

/// <summary>
/// Asks for a full before its time, for each reason at most once in a while: what a full did not mend, the next will not mend at once.
/// Thread safe.
/// </summary>
/// <param name="isRunning">Whether a full runs now, which may be what is wanted.</param>
internal sealed class FullRequests(Action<string> request, Func<bool> isRunning, TimeProvider clock)
{
    private static readonly TimeSpan Repeat = TimeSpan.FromHours(6);

    private readonly Dictionary<string, DateTimeOffset> asked = new(StringComparer.Ordinal);
    private readonly Lock gate = new();
    private (string Cluster, uint Timeline)? fullOf;

    /// <summary>The cluster and timeline of the newest full, as the store says.</summary>
    public void Know(string cluster, uint timeline)
    {
        lock (gate)
            fullOf = (cluster, timeline);
    }

    /// <summary>The receiver streams this timeline of this cluster.</summary>
    public void Streams(string cluster, uint timeline)
    {
        (string Cluster, uint Timeline)? known;
        lock (gate)
            known = fullOf;
        if (known is { } full && cluster.Length > 0 && timeline > 0 && full != (cluster, timeline))
            Ask(full.Cluster == cluster ? $"timeline {timeline} has no full" : $"cluster {cluster} sends WAL and has no full");
    }

    public void Ask(string why)
    {
        if (isRunning())
            return;
        lock (gate)
        {
            var now = clock.GetUtcNow();
            if (asked.TryGetValue(why, out var last) && now - last < Repeat && last <= now)
                return;
            asked[why] = now;
        }

        request(why);
    }
}
