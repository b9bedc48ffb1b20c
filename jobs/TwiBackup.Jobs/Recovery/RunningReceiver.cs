using System.Diagnostics;
using TwiBackup.Progress;
using TwiBackup.Sealing;
using TwiBackup.Stores;
using TwiBackup.Wal;

namespace TwiBackup.Recovery;

/// <summary>
/// A WAL receiver that runs beside the recovery, from before the first client until the scheduler takes the slot over: it waits for the
/// server, and goes on trying.
/// </summary>
internal sealed class RunningReceiver : IAsyncDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource stop = new();
    private readonly IProgressReporter progress;
    private readonly WalReceiver receiver;
    private readonly Task running;
    private volatile string? lastWarning;
    private volatile bool wasConnected;

    /// <summary>Starts one. What it has to say is said by its progress; it never fails the recovery.</summary>
    public RunningReceiver(WalReceiverOptions options, IObjectStore store, KeyRing keys, IProgressReporter progress, TimeProvider clock)
    {
        this.progress = progress;
        receiver = new WalReceiver(options, store, keys, _ => { }, new Voice(this), clock);
        running = Task.Run(RunAsync, CancellationToken.None);
    }

    /// <summary>Waits until it streams, for a while: whoever asks the system next may ask for it.</summary>
    public async Task WaitAsync(TimeSpan most, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        while (!receiver.Status.Connected && !running.IsCompleted && watch.Elapsed < most)
            await Task.Delay(Poll, cancellationToken);
    }

    /// <summary>What it has is stored, then it ends.</summary>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        if (!wasConnected && lastWarning is { } why)
            progress.Warn($"The WAL receiver never connected: {why} The slot keeps WAL meanwhile; start it: twibackup wal receive");
        await receiver.DisposeAsync();
        stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            var result = await receiver.RunAsync(stop.Token);
            if (result == WalReceiverResult.SlotLost)
                progress.Warn("The WAL receiver's slot lost WAL. Start it anew: twibackup wal receive --recreate-lost-slot, and take a full.");
        }
        catch (Exception e) when (e is TwiBackupException or IOException)
        {
            progress.Warn($"The WAL receiver is NOT in place: {e.Message} The slot keeps WAL meanwhile; start it: twibackup wal receive");
        }
    }

    /// <summary>That the server can't be reached is no news before it was ever started.</summary>
    private sealed class Voice(RunningReceiver owner) : IProgressReporter
    {
        public void Stage(string name, long? totalBytes = null)
        {
        }

        public void Advance(long bytes)
        {
        }

        public void Say(string line)
        {
            if (owner.IsConnected())
                owner.progress.Say(line);
        }

        public void Warn(string line)
        {
            if (owner.IsConnected())
                owner.progress.Warn(line);
            else
                owner.lastWarning = line;
        }
    }

    private bool IsConnected() => wasConnected |= receiver.Status.Connected;
}
