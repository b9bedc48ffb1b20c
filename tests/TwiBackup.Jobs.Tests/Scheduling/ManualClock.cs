namespace TwiBackup.Tests.Scheduling;

/// <summary>
/// A clock that a test moves: <see cref="Advance"/> lets time pass, timers included; <see cref="Jump"/> sets the wall clock only, as NTP or a
/// person does.
/// </summary>
internal sealed class ManualClock(DateTimeOffset start) : TimeProvider
{
    private readonly Lock gate = new();
    private readonly List<ManualTimer> timers = [];
    private TaskCompletionSource added = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DateTimeOffset now = start;
    private long elapsed;

    /// <summary>Timers are real ones: only what is read moves by hand.</summary>
    public bool IsRunning { get; init; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (gate)
            return now;
    }

    public override long GetTimestamp()
    {
        lock (gate)
            return elapsed;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (IsRunning)
            return System.CreateTimer(callback, state, dueTime, period);
        var timer = new ManualTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    public void Jump(TimeSpan by)
    {
        lock (gate)
            now += by;
    }

    public void Advance(TimeSpan by)
    {
        long until;
        lock (gate)
            until = elapsed + by.Ticks;
        while (true)
        {
            ManualTimer? due;
            lock (gate)
            {
                due = timers.Where(t => t.At <= until).MinBy(t => t.At);
                var at = due?.At ?? until;
                now += TimeSpan.FromTicks(Math.Max(at - elapsed, 0));
                elapsed = Math.Max(at, elapsed);
                if (due is null)
                    return;
                timers.Remove(due);
            }

            due.Fire();
        }
    }

    /// <summary>Waits until somebody sleeps.</summary>
    public async Task AsleepAsync()
    {
        while (true)
        {
            Task wait;
            lock (gate)
            {
                if (timers.Count > 0)
                    return;
                wait = added.Task;
            }

            await wait.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        }
    }

    private void Set(ManualTimer timer, TimeSpan dueTime)
    {
        lock (gate)
        {
            timers.Remove(timer);
            if (dueTime == Timeout.InfiniteTimeSpan)
                return;
            timer.At = elapsed + dueTime.Ticks;
            timers.Add(timer);
            added.TrySetResult();
            added = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private sealed class ManualTimer(ManualClock clock, Action callback) : ITimer
    {
        public long At { get; set; }

        public void Fire() => callback();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            clock.Set(this, dueTime);
            return true;
        }

        public void Dispose() => clock.Set(this, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
