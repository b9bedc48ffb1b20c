using System.Globalization;
using TwiBackup.Alerts;
using TwiBackup.Policy;
using TwiBackup.Progress;

namespace TwiBackup.Scheduling;

/// <summary>
/// Runs jobs when they are due: never two of one kind at once, at most <see cref="HeavyAtOnce"/> heavy ones together, and with a clock that
/// may jump. It looks at the clock at least every <see cref="Look"/>, as a sleeping machine's timers sleep too.
/// </summary>
/// <param name="run">Runs one job to its end; does not throw for what the job does.</param>
internal sealed class Scheduler(
    string system, IReadOnlyList<ScheduledJob> jobs, Func<ScheduledJob, CancellationToken, Task<JobOutcome>> run, JobAlerts alerts, Action<string> log,
    TimeProvider clock) : IDisposable
{
    public const int HeavyAtOnce = 2;

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Jump = TimeSpan.FromMinutes(1);

    private readonly List<JobTimer> timers = [];
    private readonly List<Task> running = [];
    private readonly SemaphoreSlim heavy = new(HeavyAtOnce);
    private readonly Lock gate = new();
    private TaskCompletionSource wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HashSet<string> early = new(StringComparer.Ordinal);
    private readonly HashSet<string> existing = new(StringComparer.Ordinal);
    private DateTimeOffset? lookedAt;

    /// <summary>The longest that a job is put off, so that many systems do not run at the same moment.</summary>
    public TimeSpan MostJitter { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Told of each run that ended; must not block.</summary>
    public Action<ScheduledJob, JobOutcome>? Ended { get; init; }

    /// <summary>When it last looked for jobs that are due; null: it has not begun.</summary>
    public DateTimeOffset? LookedAt
    {
        get
        {
            lock (gate)
                return lookedAt;
        }
    }

    public IReadOnlyList<JobState> States
    {
        get
        {
            lock (gate)
                return [.. timers.Select(t => new JobState(t.Job.Name, t.DueAt, t.RunningSince, t.LastSuccess, t.LastDuration, t.LastFailed))];
        }
    }

    /// <summary>There is a set of the kind now. Thread safe.</summary>
    public void Know(string kind)
    {
        lock (gate)
        {
            if (!existing.Add(kind))
                return;
        }

        Wake();
    }

    /// <summary>Whether a job of the kind runs now. Thread safe.</summary>
    public bool IsRunning(string kind)
    {
        lock (gate)
            return timers.Exists(t => t.Job.Kind == kind && t.RunningSince is not null);
    }

    /// <summary>A job is to run at once, or once more when it runs now. Thread safe.</summary>
    public void Request(string kind, string why)
    {
        lock (gate)
        {
            log($"{kind} is due at once: {why}");
            if (timers.Count == 0)
                early.Add(kind);
            timers.Find(t => t.Job.Kind == kind)?.Request(clock.GetUtcNow());
        }

        Wake();
    }

    /// <summary>Runs until told to stop; then the jobs that run are stopped and waited for.</summary>
    /// <param name="lastRuns">When each kind last ran, as the store knows it.</param>
    public async Task RunAsync(IReadOnlyDictionary<string, DateTimeOffset> lastRuns, CancellationToken stop)
    {
        Begin(lastRuns);
        var (wall, monotonic) = (clock.GetUtcNow(), clock.GetTimestamp());
        while (!stop.IsCancellationRequested)
        {
            var now = clock.GetUtcNow();
            NoticeJump(now - wall - clock.GetElapsedTime(monotonic), now);
            (wall, monotonic) = (now, clock.GetTimestamp());
            StartDue(now, stop);
            await SleepAsync(now, stop);
        }

        await Task.WhenAll(TakeRunning());
    }

    public void Dispose() => heavy.Dispose();

    private void Begin(IReadOnlyDictionary<string, DateTimeOffset> lastRuns)
    {
        var now = clock.GetUtcNow();
        lock (gate)
        {
            existing.UnionWith(lastRuns.Keys);
            foreach (var job in jobs)
            {
                var timer = new JobTimer(job, Jitter.Of(system, job.Kind, job.Schedule, MostJitter, now));
                timer.Begin(lastRuns.TryGetValue(job.Kind, out var last) ? last : null, now);
                if (early.Contains(job.Kind))
                    timer.Request(now);
                timers.Add(timer);
                if (timer.DueAt is { } due)
                    log($"{job.Name}: {(timer.LastSuccess is { } known ? $"last {Text(known)}" : "never yet")}, next {(due <= now ? "now" : Text(due))}");
            }
        }
    }

    private void StartDue(DateTimeOffset now, CancellationToken stop)
    {
        lock (gate)
        {
            lookedAt = now;
            running.RemoveAll(t => t.IsCompleted);
            foreach (var timer in timers.Where(t => t.IsDue(now) && MayRun(t)))
            {
                timer.Start(now);
                running.Add(RunAsync(timer, stop));
            }

            foreach (var timer in timers.Where(t => t.TakeOverrun(now)))
                running.Add(TellOverrunAsync(timer.Job, stop));
        }
    }

    private async Task RunAsync(JobTimer timer, CancellationToken stop)
    {
        // Off the caller's lock.
        await Task.Yield();
        var job = timer.Job;
        var outcome = new JobOutcome(job.Name, JobResult.Stopped, null, TimeSpan.Zero);
        var isHeld = false;
        try
        {
            if (!job.IsLight)
                await heavy.WaitAsync(stop);
            isHeld = !job.IsLight;
            outcome = await run(job, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopped before it began.
        }
#pragma warning disable CA1031 // One job's trouble is no reason to run the others no more; it is told like any failure.
        catch (Exception e)
#pragma warning restore CA1031
        {
            outcome = outcome with { Result = JobResult.Failed, Reason = e.Message, MayWorkLater = true };
        }
        finally
        {
            if (isHeld)
                heavy.Release();
            End(timer, outcome);
        }

        log($"{job.Name} {outcome.Result.ToString().ToLowerInvariant()} after {Sizes.Text(outcome.Duration)}{(outcome.Reason is { } reason ? $": {reason}" : "")}");
        Telemetry.JobEnded(outcome);
        Ended?.Invoke(job, outcome);
        try
        {
            await alerts.ReportAsync(outcome, stop);
            if (outcome.Result == JobResult.Succeeded)
                await alerts.RecoverAsync(OverrunName(job), stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // What is not told yet stands in the alerts' state.
        }
    }

    private void End(JobTimer timer, JobOutcome outcome)
    {
        lock (gate)
        {
            var now = clock.GetUtcNow();
            timer.End(outcome.Result switch { JobResult.Succeeded => true, JobResult.Failed => false, _ => null }, outcome.MayWorkLater, outcome.Duration, now);
            if (outcome.Result == JobResult.Succeeded)
            {
                // Others may find nothing new and leave no set; those are known by what the store holds.
                if (timer.Job.Kind == ScheduledJobs.Full)
                    existing.Add(ScheduledJobs.Full);
                foreach (var follower in timers.Where(t => t.Job.After == timer.Job.Kind))
                    follower.Request(now);
            }
        }

        Wake();
    }

    private bool MayRun(JobTimer timer) => timer.Job.Needs is not { } needed || existing.Contains(needed);

    private void NoticeJump(TimeSpan jump, DateTimeOffset now)
    {
        if (jump.Duration() < Jump)
            return;
        log(jump > TimeSpan.Zero
            ? $"The clock went forward by {Sizes.Text(jump)}, or the machine slept; what was missed is run once."
            : $"The clock was set back by {Sizes.Text(-jump)}.");
        lock (gate)
        {
            if (jump < TimeSpan.Zero)
                timers.ForEach(t => t.ClockWentBack(now));
        }
    }

    private async Task TellOverrunAsync(ScheduledJob job, CancellationToken stop)
    {
        await Task.Yield();
        try
        {
            await alerts.FailAsync(
                OverrunName(job), $"{job.Name} still runs, and its next run was due. Nothing runs beside it until it ends.",
                "See what it waits for in the scheduler's log; end its process if it hangs. The next run then begins by itself.", stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Nobody is left to tell.
        }
    }

    private async Task SleepAsync(DateTimeOffset now, CancellationToken stop)
    {
        Task woken;
        TimeSpan wait;
        lock (gate)
        {
            var due = timers.Where(MayRun).Min(t => t.DueAt);
            wait = due - now is { } left && left < Look ? left : Look;
            woken = wake.Task;
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop);
        if (wait > TimeSpan.Zero)
            await Task.WhenAny(Task.Delay(wait, clock, either.Token), woken);
        await either.CancelAsync();
        lock (gate)
        {
            if (wake.Task.IsCompleted)
                wake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private void Wake()
    {
        lock (gate)
            wake.TrySetResult();
    }

    private List<Task> TakeRunning()
    {
        lock (gate)
            return [.. running];
    }

    private static string OverrunName(ScheduledJob job) => $"{job.Name} (run time)";

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
