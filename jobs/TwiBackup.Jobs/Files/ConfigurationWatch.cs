using System.Threading.Channels;
using TwiBackup.Progress;

namespace TwiBackup.Files;

/// <summary>
/// Takes a configuration backup whenever something below the paths changed (<c>inotify(7)</c>) and it has become quiet, until cancelled. A
/// failure is said and tried again; it ends nothing.
/// </summary>
public sealed class ConfigurationWatch(
    ConfigurationBackup backup, IReadOnlyList<string> paths, ConfigurationWatchOptions options, TimeProvider clock,
    IProgressReporter progress)
{
    private readonly Channel<bool> heard = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Runs until cancelled, and then returns. <paramref name="taken"/> hears of every result and failure.</summary>
    public async Task RunAsync(Action<ConfigurationBackupResult?, Exception?> taken, CancellationToken cancellationToken)
    {
        var failures = 0;
        try
        {
            while (true)
            {
                // Watching begins before looking, and anew each time: a change in between is heard, and folders that came are watched.
                using var watchers = new FolderWatchers(paths, () => heard.Writer.TryWrite(true), progress);
                while (heard.Reader.TryRead(out _))
                {
                    // Before this look.
                }

                var succeeded = await TakeAsync(taken, cancellationToken);
                failures = succeeded ? 0 : failures + 1;
                await WaitForChangeAsync(succeeded ? options.Rescan : Backoff(failures), cancellationToken);
                await WaitForQuietAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Asked to end.
        }
    }

    private async Task<bool> TakeAsync(Action<ConfigurationBackupResult?, Exception?> taken, CancellationToken cancellationToken)
    {
        try
        {
            taken(await backup.RunAsync(cancellationToken), null);
            return true;
        }
        catch (Exception e) when (e is TwiBackupException or IOException or UnauthorizedAccessException)
        {
            progress.Warn($"The configuration was not backed up and will be tried again: {e.Message}");
            taken(null, e);
            return false;
        }
    }

    private TimeSpan Backoff(int failures)
    {
        var wait = options.RetryAfter * Math.Pow(2, Math.Min(failures - 1, 16));
        return wait < options.Rescan ? wait : options.Rescan;
    }

    private async Task WaitForChangeAsync(TimeSpan atMost, CancellationToken cancellationToken) =>
        _ = await HearAsync(atMost, cancellationToken);

    private async Task WaitForQuietAsync(CancellationToken cancellationToken)
    {
        var since = clock.GetTimestamp();
        while (await HearAsync(options.Quiet, cancellationToken) && clock.GetElapsedTime(since) < options.Patience)
        {
            // Still busy.
        }
    }

    /// <summary>True when something was heard in time.</summary>
    private async Task<bool> HearAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(atMost, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            return await heard.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
