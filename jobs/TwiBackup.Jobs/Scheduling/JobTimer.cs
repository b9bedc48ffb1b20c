using TwiBackup.Policy;

namespace TwiBackup.Scheduling;

/// <summary>
/// When one job runs next. Of all runs that were missed, whatever the reason, one is caught up; while it runs, it is not due; a failure
/// that may heal is tried again a few times before the next run. Not thread safe; knows no clock but what it is told.
/// </summary>
/// <param name="jitter">How long after its time it runs, so that many systems do not meet at the full hour.</param>
internal sealed class JobTimer(ScheduledJob job, TimeSpan jitter)
{
    /// <summary>What is asked for in between waits this long for more of the same.</summary>
    public static readonly TimeSpan Settle = TimeSpan.FromSeconds(5);

    private const int MostRetries = 3;
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan FarAhead = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan ShortestOverrun = TimeSpan.FromHours(1);
    private static readonly TimeSpan LongestOverrun = TimeSpan.FromHours(24);

    private DateTimeOffset anchor;
    private DateTimeOffset? retryAt;
    private DateTimeOffset? requestedAt;
    private int retries;
    private bool isOverrunTold;
    private TimeSpan overrun = LongestOverrun;

    public ScheduledJob Job => job;

    public DateTimeOffset? RunningSince { get; private set; }

    /// <summary>When the last run ended well; null: not known.</summary>
    public DateTimeOffset? LastSuccess { get; private set; }

    public TimeSpan? LastDuration { get; private set; }

    /// <summary>Whether the last run that ended failed.</summary>
    public bool LastFailed { get; private set; }

    /// <summary>When it runs next; a time in the past: now. Null: never, or it runs.</summary>
    public DateTimeOffset? DueAt => RunningSince is not null ? null : Earliest(Earliest(Scheduled(), retryAt), requestedAt);

    /// <summary>Begins, after a start.</summary>
    /// <param name="lastRun">When the last run that left something in the store began; null: none is known.</param>
    public void Begin(DateTimeOffset? lastRun, DateTimeOffset now)
    {
        anchor = lastRun is { } known && known <= now ? known : lastRun is null && job.RunsWhenNever ? DateTimeOffset.MinValue : now;
        LastSuccess = lastRun;
        var gap = job.Schedule.LongestGap(now, years: 0) ?? LongestOverrun;
        overrun = TimeSpan.FromTicks(Math.Clamp(gap.Ticks, ShortestOverrun.Ticks, LongestOverrun.Ticks));
    }

    public bool IsDue(DateTimeOffset now) => DueAt <= now;

    /// <summary>Whether it runs for longer than it is apart from the next; true once a run.</summary>
    public bool TakeOverrun(DateTimeOffset now)
    {
        var isNews = !isOverrunTold && now - RunningSince > overrun;
        isOverrunTold |= isNews;
        return isNews;
    }

    /// <summary>It is to run at once, or once more when it runs now.</summary>
    public void Request(DateTimeOffset now) => requestedAt = now + Settle;

    public void Start(DateTimeOffset now)
    {
        RunningSince = anchor = now;
        isOverrunTold = false;
        retryAt = requestedAt = null;
    }

    /// <param name="succeeded">Null: it was told to stop.</param>
    public void End(bool? succeeded, bool mayWorkLater, TimeSpan duration, DateTimeOffset now)
    {
        RunningSince = null;
        LastDuration = duration;
        LastFailed = succeeded == false;
        if (succeeded == true)
        {
            LastSuccess = now;
            retries = 0;
        }
        else if (succeeded == false && mayWorkLater && retries < MostRetries)
        {
            retryAt = now + (FirstRetry * Math.Pow(3, retries++));
        }
        else
        {
            retries = 0;
        }
    }

    /// <summary>The clock was set back: what lies far ahead now would not come for as long, and a run too many harms nobody.</summary>
    public void ClockWentBack(DateTimeOffset now)
    {
        if (anchor > now + FarAhead)
            anchor = now;
        if (retryAt > now + FarAhead)
            retryAt = now + FarAhead;
        if (requestedAt > now + Settle)
            requestedAt = now;
        if (RunningSince > now)
            RunningSince = now;
    }

    private DateTimeOffset? Scheduled() => anchor == DateTimeOffset.MinValue ? anchor : job.Schedule.Next(anchor) + jitter;

    private static DateTimeOffset? Earliest(DateTimeOffset? a, DateTimeOffset? b) => a is null || b < a ? b : a;
}
