using System.Threading.Channels;
using TwiBackup.Alerts;
using TwiBackup.Wal;

namespace TwiBackup.Scheduling;

/// <summary>
/// Judges what a receiver tells: what breaks the chain of WAL is told at once and asks for a full; an outage only when it lasts, as a server
/// that restarts is none.
/// </summary>
/// <param name="fullNeeded">Hears why a full is needed at once; null: nobody can take one.</param>
internal sealed class ReceiverWatch(JobAlerts alerts, Action<string>? fullNeeded, TimeProvider clock)
{
    /// <summary>The name under which the receiver's own alerts go.</summary>
    public const string Name = "wal receive";

    private const string Store = "wal receive (store)";
    private const string Server = "wal receive (server)";
    private const string Chain = "wal receive (chain)";
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(5);

    private readonly Channel<ReceiverLine> lines = Channel.CreateBounded<ReceiverLine>(
        new BoundedChannelOptions(256) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
    private readonly Dictionary<string, (DateTimeOffset Since, string Message, bool IsTold)> outages = new(StringComparer.Ordinal);
    private volatile ReceiverLine? last;

    /// <summary>An outage that is shorter is not told.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How it stood last; null: not known.</summary>
    public ReceiverLine? Last => last;

    /// <summary>The receiver told something. Does not block.</summary>
    public void Heard(ReceiverLine line)
    {
        if (line.Event is null)
            last = line;
        lines.Writer.TryWrite(line);
    }

    /// <summary>The receiver is gone: how it stood is no longer known.</summary>
    public void Gone() => last = null;

    /// <summary>A full was taken: the chain begins anew.</summary>
    public Task FullTakenAsync(CancellationToken cancellationToken) => alerts.RecoverAsync(Chain, cancellationToken);

    /// <summary>Judges until told to stop.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                using var either = CancellationTokenSource.CreateLinkedTokenSource(stop);
                await Task.WhenAny(lines.Reader.WaitToReadAsync(either.Token).AsTask(), Task.Delay(Tick, clock, either.Token));
                await either.CancelAsync();
                stop.ThrowIfCancellationRequested();
                while (lines.Reader.TryRead(out var line))
                    await TakeAsync(line, stop);
                await TellOutagesAsync(stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to.
        }
    }

    private async Task TakeAsync(ReceiverLine line, CancellationToken cancellationToken)
    {
        if (line.Event is null)
        {
            if (line.Connected)
                await EndOutageAsync(Server, cancellationToken);
            return;
        }

        var message = line.Message ?? line.Event;
        if (!Enum.TryParse<WalEventKind>(line.Event, out var kind))
            kind = WalEventKind.Conflict;
        switch (kind)
        {
            case WalEventKind.SlotLost or WalEventKind.Gap:
                fullNeeded?.Invoke(message);
                await alerts.FailAsync(Chain, message, fullNeeded is null ? "Take a full now: twibackup backup database" : "A full is taken at once; this is over when it is complete.", cancellationToken);
                break;
            case WalEventKind.NewCluster or WalEventKind.ChainBegins:
                fullNeeded?.Invoke(message);
                await alerts.NoticeAsync(Name, message, fullNeeded is null ? "Take a full now: twibackup backup database" : "A full is taken at once; nothing is to be done if you expected this.", cancellationToken);
                break;
            case WalEventKind.StoreOutage:
                outages.TryAdd(Store, (clock.GetUtcNow(), message, false));
                break;
            case WalEventKind.StoreBack:
                await EndOutageAsync(Store, cancellationToken);
                break;
            case WalEventKind.ServerOutage or WalEventKind.SlotBusy:
                outages.TryAdd(Server, (clock.GetUtcNow(), message, false));
                break;
            default:
                await alerts.NoticeAsync(Name, message, null, cancellationToken);
                break;
        }
    }

    private async Task TellOutagesAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        foreach (var (name, outage) in outages.Where(o => !o.Value.IsTold && now - o.Value.Since >= Grace).ToList())
        {
            outages[name] = outage with { IsTold = true };
            await alerts.FailAsync(name, outage.Message, null, cancellationToken);
        }
    }

    private async Task EndOutageAsync(string name, CancellationToken cancellationToken)
    {
        if (outages.Remove(name, out var outage) && outage.IsTold)
            await alerts.RecoverAsync(name, cancellationToken);
    }
}
