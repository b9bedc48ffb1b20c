using TwiBackup.Alerts;
using TwiBackup.Policy;
using TwiBackup.Wal;

namespace TwiBackup.Scheduling;

/// <summary>
/// Keeps one part of this program running as a process: when it ends it is started again, after a wait that grows while it keeps ending. A
/// part that keeps ending is told, and that it stays up again.
/// </summary>
/// <param name="name">As it is typed, e.g. <c>wal receive</c>; also the name of its alerts.</param>
/// <param name="start">Starts it.</param>
internal sealed class Supervised(string name, Func<OwnProcess> start, JobAlerts alerts, Action<string> log, TimeProvider clock)
{
    /// <summary>So many ends within <see cref="Window"/> are flapping.</summary>
    public const int ManyEnds = 3;

    public static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    private readonly Queue<DateTimeOffset> ends = [];
    private bool isAlerted = true;

    /// <summary>The wait after the first end.</summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan LongestWait { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>A run of this length is a good one.</summary>
    public TimeSpan Steady { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Told of each end; true: start it again at once, as the end is dealt with.</summary>
    public Func<bool>? Ended { get; init; }

    /// <summary>Runs until told to stop.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var backoff = new Backoff(FirstWait, LongestWait);
        while (!stop.IsCancellationRequested)
        {
            var began = clock.GetTimestamp();
            var (code, lastWords) = await RunOnceAsync(stop);
            if (stop.IsCancellationRequested)
                return;
            if (clock.GetElapsedTime(began) >= Steady)
                backoff.Reset();
            var why = lastWords ?? OwnProcess.Describe(code);
            log($"{name} ended: {OwnProcess.Describe(code)}");
            if (Ended?.Invoke() == true)
                continue;
            try
            {
                await TellAsync(code, why, stop);
                await Task.Delay(code == (int)ExitCode.WrongUse ? LongestWait : backoff.Next(), clock, stop);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task<(int Code, string? LastWords)> RunOnceAsync(CancellationToken stop)
    {
        try
        {
            await using var process = start();
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var steady = RecoverWhenSteadyAsync(ended.Token);
            var code = await process.RunAsync(ChildJobs.StopPatience, clock, stop);
            await ended.CancelAsync();
            await steady.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return (code, process.LastWords);
        }
        catch (TwiBackupException e)
        {
            return ((int)ExitCode.Failed, e.Message);
        }
    }

    private async Task RecoverWhenSteadyAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(Steady, clock, cancellationToken);
        // Also of what the scheduler before us told.
        if (isAlerted)
            await alerts.RecoverAsync(name, cancellationToken);
        isAlerted = false;
        ends.Clear();
    }

    private async Task TellAsync(int code, string why, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        ends.Enqueue(now);
        while (ends.TryPeek(out var first) && (now - first > Window || first > now))
            ends.Dequeue();
        if (code != (int)ExitCode.WrongUse && ends.Count < ManyEnds)
            return;
        isAlerted = true;
        var often = ends.Count < ManyEnds ? "" : $" It was started {ends.Count} times in {Window.TotalMinutes:0} minutes and keeps ending.";
        await alerts.FailAsync(name, $"{why}{often}", null, cancellationToken);
    }
}
