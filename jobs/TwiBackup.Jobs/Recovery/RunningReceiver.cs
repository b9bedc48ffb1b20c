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
    private readonly CancellationTokenSource stop = new();
    private readonly WalReceiver receiver;
    private readonly Task running;

    private RunningReceiver(WalReceiver receiver, IProgressReporter progress)
    {
        this.receiver = receiver;
        running = Task.Run(() => RunAsync(progress), CancellationToken.None);
    }

    /// <summary>Starts one. What it has to say is said by its progress; it never fails the recovery.</summary>
    public static RunningReceiver Start(WalReceiverOptions options, IObjectStore store, KeyRing keys, IProgressReporter progress, TimeProvider clock) =>
        new(new WalReceiver(options, store, keys, _ => { }, progress, clock), progress);

    /// <summary>What it has is stored, then it ends.</summary>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        await receiver.DisposeAsync();
        stop.Dispose();
    }

    private async Task RunAsync(IProgressReporter progress)
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
}
