using TwiBackup.Postgres;
using TwiBackup.Postgres.Replication;

namespace TwiBackup.Wal;

/// <summary>
/// One START_REPLICATION: a task that reads into the pipeline, and one that reports write = flush = what is durable and apply 0/0 each
/// interval, when asked, and when something became durable. Apply stays 0: nothing is applied, and remote_apply must never see us.
/// </summary>
internal sealed class WalSession(WalStream stream, SegmentPipeline pipeline, uint timeline, bool isCurrent, TimeSpan interval, TimeSpan patience, TimeProvider time)
    : IDisposable
{
    /// <summary>A server that asks again within this time still waits.</summary>
    private static readonly TimeSpan AskingLasts = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _report = new(0, 1);
    private readonly Lock _sync = new();
    private Lsn _serverEnd;
    private DateTimeOffset _serverTime;
    private DateTimeOffset _askedSince;
    private DateTimeOffset _askedLast;
    private bool _pingOut;
    private volatile bool _stopping;

    public uint Timeline => timeline;

    /// <summary>What the server last said of its end and clock.</summary>
    public (Lsn End, DateTimeOffset Time) Server
    {
        get
        {
            lock (_sync)
                return (_serverEnd, _serverTime);
        }
    }

    /// <summary>Something became durable: the server is told soon.</summary>
    public void Report() => _report.Set();

    /// <summary>
    /// Streams until the timeline ends, the server ends, we give way, or <paramref name="stop"/>. Throws what the connection throws.
    /// </summary>
    public async Task<WalSessionEnd> RunAsync(CancellationToken stop)
    {
        using var reading = new CancellationTokenSource();
        using var reporting = new CancellationTokenSource();
        using var onStop = stop.Register(() =>
        {
            // The answer to a ping ends the reader without cutting a message in two; if none comes, the read is cancelled.
            _stopping = true;
            Report();
            reading.CancelAfter(TimeSpan.FromSeconds(2));
        });
        var reader = ReadAsync(reading.Token);
        var reporter = ReportAsync(reporting.Token);
        var gaveWay = await Task.WhenAny(reader, reporter) == reporter;
        await (gaveWay ? reading : reporting).CancelAsync();
        await Task.WhenAll(reader, reporter).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (gaveWay)
        {
            await reporter;
            return new WalSessionEnd(WalSessionEndKind.GaveWay, 0, Lsn.Zero);
        }

        if (_stopping && reader.IsCanceled)
            return new WalSessionEnd(WalSessionEndKind.Stopped, 0, Lsn.Zero);
        return await reader;
    }

    /// <summary>Says once more what is durable.</summary>
    public Task ReportNowAsync(CancellationToken cancellationToken)
    {
        var durable = pipeline.Durable;
        return stream.SendStatusAsync(durable, pipeline.HasDurable ? durable : Lsn.Zero, Lsn.Zero, false, cancellationToken);
    }

    public void Dispose() => _report.Dispose();

    private async Task<WalSessionEnd> ReadAsync(CancellationToken cancellationToken)
    {
        while (!_stopping)
        {
            var message = await stream.ReadAsync(cancellationToken);
            switch (message.Kind)
            {
                case WalMessageKind.Data:
                    Hear(message);
                    if (!await pipeline.AppendAsync(message.Start, message.Data, patience, cancellationToken))
                        return new WalSessionEnd(WalSessionEndKind.GaveWay, 0, Lsn.Zero);
                    if (isCurrent)
                        pipeline.Note(message, false);
                    break;
                case WalMessageKind.Keepalive:
                    Hear(message);
                    if (isCurrent)
                        pipeline.Note(message, TakeAnswer(message));
                    if (message.ReplyRequested)
                        Asked();
                    break;
                default:
                    return message.NextTimeline == 0
                        ? new WalSessionEnd(WalSessionEndKind.ServerEnded, 0, Lsn.Zero)
                        : new WalSessionEnd(WalSessionEndKind.TimelineEnded, message.NextTimeline, message.Start);
            }
        }

        return new WalSessionEnd(WalSessionEndKind.Stopped, 0, Lsn.Zero);
    }

    /// <summary>Returns when the server has asked in vain for too long.</summary>
    private async Task ReportAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await _report.WaitAsync(interval, cancellationToken);
            var durable = pipeline.Durable;
            if (GivesWay(durable))
                return;
            await stream.SendStatusAsync(durable, pipeline.HasDurable ? durable : Lsn.Zero, Lsn.Zero, TakePing(), cancellationToken);
        }
    }

    private void Hear(in WalMessage message)
    {
        lock (_sync)
            (_serverEnd, _serverTime) = (message.ServerEnd, message.ServerTime);
    }

    private void Asked()
    {
        var behind = pipeline.Durable < pipeline.Received;
        lock (_sync)
        {
            var now = time.GetUtcNow();
            if (!behind || now - _askedLast > AskingLasts)
                _askedSince = now;
            _askedLast = now;
        }

        if (behind)
            pipeline.FlushNow();
        Report();
    }

    private bool GivesWay(Lsn durable)
    {
        if (durable >= pipeline.Received)
            return false;
        lock (_sync)
        {
            var now = time.GetUtcNow();
            return _askedSince != default && now - _askedLast <= AskingLasts && now - _askedSince >= patience;
        }
    }

    /// <summary>One ping at a time, so that an answer is known to be its own.</summary>
    private bool TakePing()
    {
        lock (_sync)
        {
            if (_pingOut && !_stopping)
                return false;
            return _pingOut = true;
        }
    }

    private bool TakeAnswer(in WalMessage message)
    {
        lock (_sync)
        {
            if (message.ReplyRequested || !_pingOut)
                return false;
            _pingOut = false;
            return true;
        }
    }
}
