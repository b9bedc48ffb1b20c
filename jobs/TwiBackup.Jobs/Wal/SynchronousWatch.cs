using TwiBackup.Postgres;
using TwiBackup.Progress;

namespace TwiBackup.Wal;

/// <summary>Whether <c>synchronous_standby_names</c> takes the receiver for a standby: each commit would wait for the store.</summary>
internal sealed class SynchronousWatch(WalReceiverOptions options, Action<WalEvent> onEvent, IProgressReporter progress, TimeProvider time)
{
    private bool _isTaken;

    /// <exception cref="TwiBackupException">It does, before anything is received.</exception>
    public void Refuse(SourceServer server)
    {
        if (IsTaken(server))
            throw new TwiBackupException(ExitCode.WrongUse, Line(server, "would wait"));
    }

    /// <summary>
    /// Runs until it is cancelled. The setting can change while we stream, and the server tells nobody. To end then would have its commits
    /// wait for ever: they wait for the store, and that is said once.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(options.NamesInterval, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            try
            {
                var server = await SourceServer.AskAsync(options.Connection, options.Slot, cancellationToken);
                var wasTaken = _isTaken;
                _isTaken = IsTaken(server);
                if (_isTaken && !wasTaken)
                    Tell(Line(server, "now waits"));
            }
            catch (Exception failure) when (failure is TwiBackupException or IOException)
            {
                // The stream notices a server that is gone by itself.
            }
        }
    }

    private void Tell(string line)
    {
        onEvent(new WalEvent(WalEventKind.Synchronous, line));
        progress.Warn(line);
    }

    private bool IsTaken(SourceServer server) => SynchronousNames.Match(server.SynchronousStandbyNames, options.ApplicationName);

    private string Line(SourceServer server, string waits) =>
        $"synchronous_standby_names = '{server.SynchronousStandbyNames}' takes the receiver {options.ApplicationName} for a standby: each commit {waits} "
        + "for the store. Name the real standbys there.";
}
