using TwiBackup.Postgres;
using TwiBackup.Postgres.Replication;
using TwiBackup.Progress;
using TwiBackup.Sealing;
using TwiBackup.Stores;

namespace TwiBackup.Wal;

/// <summary>
/// Streams WAL over a physical slot into the store and acknowledges it only when it is durable there. Runs until it is told to stop or
/// the slot has lost WAL; a server or store that is out is waited for, and the slot keeps the WAL meanwhile.
/// </summary>
/// <param name="onEvent">Hears what a person should hear; must not block.</param>
public sealed class WalReceiver(
    WalReceiverOptions options, IObjectStore store, KeyRing keys, Action<WalEvent> onEvent, IProgressReporter progress, TimeProvider time)
    : IAsyncDisposable
{
    private static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(1);

    /// <summary>Nothing beside a flush interval, and at a thousand commits a second a tenth of the wake-ups.</summary>
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(10);

    private readonly StorePuts _puts = new(
        new OutageVoice(WalEventKind.StoreOutage, WalEventKind.StoreBack, $"WAL can't be stored in {store.Location}; the server keeps it", onEvent, progress, time),
        time);
    private readonly OutageVoice _serverVoice = new(
        WalEventKind.ServerOutage, null, $"No WAL from {options.Connection}", onEvent, progress, time);
    private readonly OutageVoice _slotVoice = new(
        WalEventKind.SlotBusy, null, $"Slot {options.Slot} is held by another receiver; waiting", onEvent, progress, time);
    private readonly SynchronousWatch _names = new(options, onEvent, progress, time);
    private readonly Dictionary<uint, Lsn> _durable = [];

    private WalSource? _source;
    private WalChain? _chain;
    private WalObjects? _objects;
    private SegmentPipeline? _pipeline;
    private volatile WalSession? _session;
    private DateTimeOffset _busySince;
    private bool _slotHasNoOlder;
    private bool _wasConnected;

    /// <summary>Where it stands; may be asked from any thread.</summary>
    public WalReceiverStatus Status
    {
        get
        {
            var (session, pipeline) = (_session, _pipeline);
            var server = session?.Server ?? default;
            return new WalReceiverStatus(
                session is not null, _source?.Layout.Cluster ?? "", session?.Timeline ?? 0,
                pipeline?.Received ?? Lsn.Zero, pipeline?.Durable ?? Lsn.Zero, server.End, server.Time, pipeline?.NewestMark);
        }
    }

    /// <summary>
    /// Receives until <paramref name="stop"/>. Throws <see cref="TwiBackupException"/> only for what waiting does not heal: the server
    /// is a standby, would commit synchronously to us, has a logical slot of that name, or refuses us at the first connection.
    /// </summary>
    public async Task<WalReceiverResult> RunAsync(CancellationToken stop)
    {
        var backoff = new Backoff(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(5));
        while (true)
        {
            try
            {
                if (await ReceiveAsync(stop) is { } result)
                    return result;
                if (_busySince == default)
                    backoff.Reset();
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return await EndAsync(null, null);
            }
            catch (Exception failure) when (failure is IOException || (failure is TwiBackupException known && !IsFinal(known)))
            {
                _serverVoice.Failed(failure);
            }

            // What came must be safe even if the server never comes back; and while the store is out no connection is held.
            if (_pipeline is not null)
                await DrainOrStopAsync(stop);
            if (stop.IsCancellationRequested)
                return await EndAsync(null, null);
            await Task.Delay(backoff.Next(), time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Gives up what is not durable; the slot keeps it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_pipeline is not null)
            await _pipeline.DisposeAsync();
    }

    private bool IsFinal(TwiBackupException failure) =>
        failure.ExitCode == ExitCode.WrongUse
        // While connecting the server's answer is the cause of what is said.
        || (!_wasConnected && (failure as PostgresErrorException ?? failure.InnerException as PostgresErrorException) is { SqlState: var state }
            && (state.StartsWith("28", StringComparison.Ordinal) || state == "42501"));

    /// <summary>One connection. Null: connect again.</summary>
    private async Task<WalReceiverResult?> ReceiveAsync(CancellationToken stop)
    {
        var server = await SourceServer.AskAsync(options.Connection, options.Slot, stop);
        Refuse(server);
        if (server.Slot is { IsActive: true })
            return WaitForSlot(server);
        await using var connection = await ReplicationConnection.ConnectAsync(
            options.Connection with { ApplicationName = options.ApplicationName }, stop);
        await EnterAsync(connection, stop);
        if (server.Slot is { WalStatus: "lost" })
        {
            if (!options.RecreateLostSlot)
                return Lost("it was behind max_slot_wal_keep_size");
            await SourceServer.DropSlotAsync(options.Connection, options.Slot, stop);
            server = server with { Slot = null };
        }

        var slot = server.Slot ?? await CreateSlotAsync(connection, stop);
        _wasConnected = true;
        try
        {
            return await StreamAsync(connection, slot, server.SenderTimeout, stop);
        }
        catch (PostgresErrorException failure) when (failure.SqlState == "55006")
        {
            return WaitForSlot(server);
        }
        catch (PostgresErrorException failure) when (failure.SqlState is "58P01" or "55000")
        {
            // Older than the slot's was only a hope of closing a gap.
            if (_slotHasNoOlder)
                return Lost(failure.Message);
            _slotHasNoOlder = true;
            return null;
        }
        finally
        {
            _session = null;
        }
    }

    private void Refuse(SourceServer server)
    {
        if (server.IsStandby)
            throw new TwiBackupException(ExitCode.WrongUse, $"{options.Connection} is a standby. WAL is received from the primary: connect to that one.");
        _names.Refuse(server);
        if (server.Slot is { IsPhysical: false })
            throw new TwiBackupException(ExitCode.WrongUse, $"Slot {options.Slot} is a logical one. Name another slot in the policy.");
    }

    private WalReceiverResult? WaitForSlot(SourceServer server)
    {
        var now = time.GetUtcNow();
        if (_busySince == default)
            _busySince = now;
        // A receiver whose connection was cut holds the slot until the server notices.
        if (now - _busySince > server.SenderTimeout + TimeSpan.FromSeconds(10))
            _slotVoice.Failed(new TwiBackupException($"process {server.Slot?.ActiveProcess ?? 0} on the server streams from it."));
        return null;
    }

    private WalReceiverResult Lost(string why)
    {
        var line = $"Slot {options.Slot} lost WAL that the store does not hold ({why}). Take a new full; the chain begins again with it.";
        onEvent(new WalEvent(WalEventKind.SlotLost, line));
        progress.Warn(line);
        return WalReceiverResult.SlotLost;
    }

    /// <summary>Learns which cluster this is; facts and histories are durable when it returns.</summary>
    private async Task EnterAsync(ReplicationConnection connection, CancellationToken stop)
    {
        var source = await WalSource.AskAsync(connection, options.System, stop);
        if (_source is null || _source.Layout != source.Layout || _source.SegmentSize != source.SegmentSize)
        {
            await TellNewClusterAsync(source.Layout, stop);
            if (_pipeline is not null)
                await _pipeline.DisposeAsync();
            _durable.Clear();
            _slotHasNoOlder = false;
            _objects = new WalObjects(store, keys, source.Layout, Tell);
            await _puts.KeepTryingAsync(put => _objects.PutClusterFactsAsync(source.SegmentSize, put), null, stop);
            await _puts.KeepTryingAsync(async load => _chain = await WalChain.LoadAsync(store, source.Layout, load), null, stop);
            _pipeline = new SegmentPipeline(_objects, source.SegmentSize, options.FlushInterval, _puts, OnDurable);
        }

        _source = source;
        foreach (var span in source.Path.Path)
            await PutHistoryAsync(connection, span.Timeline, stop);
    }

    private async Task TellNewClusterAsync(WalLayout layout, CancellationToken stop)
    {
        List<string> others = [];
        await _puts.KeepTryingAsync(
            async list =>
            {
                others.Clear();
                await foreach (var folder in store.ListFoldersAsync(WalLayout.ClustersOf(options.System), list))
                    others.Add(folder.TrimEnd('/').Split('/')[^1]);
            },
            null,
            stop);
        if (others.Count > 0 && !others.Contains(layout.Cluster))
            Tell(new WalEvent(
                WalEventKind.NewCluster,
                $"{options.Connection} is cluster {layout.Cluster}; {store.Location} holds {string.Join(", ", others)}. A new chain begins: take a full."));
    }

    /// <summary>Durable before any segment of that timeline is acknowledged.</summary>
    private async Task PutHistoryAsync(ReplicationConnection connection, uint timeline, CancellationToken stop)
    {
        if (timeline == 1 || (timeline != _source!.Timeline && _chain!.Of(timeline) is { HasHistory: true }))
            return;
        TimelineHistoryFile file;
        try
        {
            file = await connection.TimelineHistoryAsync(timeline, stop);
        }
        catch (PostgresErrorException failure) when (failure.SqlState == "58P01" && timeline != _source.Timeline)
        {
            // An ancestor whose history this server never had, e.g. after a restore.
            return;
        }

        await _puts.KeepTryingAsync(put => _objects!.PutHistoryAsync(timeline, file.Content, put), null, stop);
    }

    private async Task<SlotState> CreateSlotAsync(ReplicationConnection connection, CancellationToken stop)
    {
        await connection.CreateSlotAsync(options.Slot, false, stop);
        var server = await SourceServer.AskAsync(options.Connection, options.Slot, stop);
        var slot = server.Slot ?? throw new TwiBackupException($"Slot {options.Slot} was made and is gone again. Who drops slots on {options.Connection}?");
        Tell(new WalEvent(
            WalEventKind.ChainBegins,
            $"Slot {options.Slot} was made now: WAL before {slot.RestartLsn} may not be in the store. Take a full."));
        return slot;
    }

    private async Task<WalReceiverResult?> StreamAsync(
        ReplicationConnection connection, SlotState slot, TimeSpan senderTimeout, CancellationToken stop)
    {
        var (source, pipeline) = (_source!, _pipeline!);
        var (timeline, start) = FindStart(source, slot);
        var interval = senderTimeout > TimeSpan.Zero && senderTimeout / 4 < LongestInterval ? senderTimeout / 4 : LongestInterval;
        while (true)
        {
            pipeline.Begin(timeline, start);
            var stream = await connection.StartReplicationAsync(options.Slot, start, timeline, stop);
            stream.Gather = Gather;
            using var session = new WalSession(stream, pipeline, timeline, timeline == source.Timeline, interval, options.ShutdownPatience, time);
            _session = session;
            _serverVoice.Worked();
            _slotVoice.Worked();
            _busySince = default;
            progress.Say($"Receiving WAL of {source.Layout.Cluster} from {start} on timeline {timeline}.");
            var end = await RunWatchedAsync(session, timeline, stop);
            switch (end.Kind)
            {
                case WalSessionEndKind.Stopped:
                    return await EndAsync(session, stream);
                case WalSessionEndKind.GaveWay:
                    Tell(new WalEvent(
                        WalEventKind.ShutdownNotHeldUp,
                        $"WAL from {pipeline.Durable} to {pipeline.Received} is not durable after {options.ShutdownPatience.TotalSeconds:0} s; the connection was "
                        + "closed so that the server need not wait. The slot keeps the WAL."));
                    return null;
                case WalSessionEndKind.ServerEnded:
                    progress.Say($"{options.Connection} shut down.");
                    return null;
            }

            await DrainOrStopAsync(stop);
            stop.ThrowIfCancellationRequested();
            _durable[timeline] = pipeline.Durable;
            await EnterAsync(connection, stop);
            (source, timeline, start) = (_source!, end.NextTimeline, _source!.SegmentStart(end.Switch));
            await PutHistoryAsync(connection, timeline, stop);
        }
    }

    /// <summary>
    /// From the start of the segment that the slot keeps; earlier when the store ends before that and the server may still have the WAL.
    /// </summary>
    private (uint Timeline, Lsn Start) FindStart(WalSource source, SlotState slot)
    {
        var stored = source.StoreEnd(_chain!, _durable);
        var kept = slot.RestartLsn ?? stored;
        if (stored > Lsn.Zero && stored < kept && !_slotHasNoOlder)
        {
            var older = source.SegmentStart(stored);
            return (source.Path.TimelineAt(older), older);
        }

        var start = source.SegmentStart(kept);
        if (stored > Lsn.Zero && stored < start)
            Tell(new WalEvent(
                WalEventKind.Gap, $"WAL from {stored} to {start} is neither in {store.Location} nor on the server. Take a new full; the chain begins again with it."));
        _slotHasNoOlder = true;
        return (source.Path.TimelineAt(start), start);
    }

    private async Task<WalSessionEnd> RunWatchedAsync(WalSession session, uint timeline, CancellationToken stop)
    {
        using var ended = new CancellationTokenSource();
        var marks = options.MarkInterval is { } every && timeline == _source!.Timeline
            ? new IdleMarks(_objects!, _pipeline!, _puts, time).RunAsync(timeline, every, ended.Token)
            : Task.CompletedTask;
        var names = _names.RunAsync(ended.Token);
        try
        {
            return await session.RunAsync(stop);
        }
        finally
        {
            await ended.CancelAsync();
            await marks.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await names.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _durable[timeline] = _pipeline!.Durable;
        }
    }

    /// <summary>Makes durable what can be in the time we have, tells the server, and leaves politely.</summary>
    private async Task<WalReceiverResult> EndAsync(WalSession? session, WalStream? stream)
    {
        if (_pipeline is null)
            return WalReceiverResult.Stopped;
        using var limit = new CancellationTokenSource(options.StopPatience, time);
        await _pipeline.DrainAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (session is not null && stream is not null)
        {
            using var leaving = new CancellationTokenSource(TimeSpan.FromSeconds(1.5), time);
            try
            {
                await session.ReportNowAsync(leaving.Token);
                await stream.StopAsync(leaving.Token);
            }
            catch (Exception failure) when (failure is TwiBackupException or IOException or OperationCanceledException)
            {
                progress.Say($"The connection did not end politely: {failure.Message}");
            }
        }

        if (_pipeline.Durable >= _pipeline.Received)
            return WalReceiverResult.Stopped;
        progress.Warn($"WAL from {_pipeline.Durable} to {_pipeline.Received} was received and is not durable; the slot keeps it.");
        return WalReceiverResult.StoppedBehind;
    }

    private async Task DrainOrStopAsync(CancellationToken stop) =>
        await _pipeline!.DrainAsync(stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private void OnDurable() => _session?.Report();

    private void Tell(WalEvent said)
    {
        onEvent(said);
        progress.Warn(said.Message);
    }
}
