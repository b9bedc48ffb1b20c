namespace TwiBackup.Wal;

/// <summary>Waiting times that double up to a limit, each shortened by up to half at random.</summary>
internal struct Backoff(TimeSpan first, TimeSpan limit)
{
    private readonly TimeSpan _first = first;
    private TimeSpan _next = first;

    public TimeSpan Next()
    {
        var wait = _next * (0.5 + Random.Shared.NextDouble() / 2);
        _next = _next * 2 < limit ? _next * 2 : limit;
        return wait;
    }

    public void Reset() => _next = _first;
}
