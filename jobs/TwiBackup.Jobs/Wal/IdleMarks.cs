namespace TwiBackup.Wal;

/// <summary>Puts a mark of an idle server now and then; tails and segments carry marks themselves.</summary>
internal sealed class IdleMarks(WalObjects objects, SegmentPipeline pipeline, StorePuts puts, TimeProvider time)
{
    private static readonly TimeSpan _longestLook = TimeSpan.FromSeconds(1);

    /// <summary>Runs until it is cancelled. <paramref name="every"/>: the shortest time between two marks.</summary>
    public async Task RunAsync(uint timeline, TimeSpan every, CancellationToken cancellationToken)
    {
        var last = DateTimeOffset.MinValue;
        using var timer = new PeriodicTimer(every / 4 < _longestLook ? every / 4 : _longestLook, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            var (newest, stored) = (pipeline.NewestMark, pipeline.StoredMark);
            if (stored is not null && stored.Time > last)
                last = stored.Time;
            if (newest is null || newest.Lsn > pipeline.Durable || pipeline.Durable < pipeline.Received
                || (last != DateTimeOffset.MinValue && newest.Time - last < every))
                continue;
            if (await puts.TryAsync(put => objects.PutMarkAsync(timeline, newest, put), cancellationToken))
                last = newest.Time;
        }
    }
}
