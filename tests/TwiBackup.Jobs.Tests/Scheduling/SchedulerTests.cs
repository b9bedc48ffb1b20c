using System.Collections.Concurrent;
using System.Threading.Channels;
using TwiBackup.Alerts;
using TwiBackup.Policy;
using TwiBackup.Scheduling;
using TwiBackup.Tests.Alerts;
using TwiBackup.Tests.Sealing;

namespace TwiBackup.Tests.Scheduling;

/// <summary>The scheduler with a clock that the test moves, and jobs that the test ends.</summary>
public sealed class SchedulerTests : IAsyncDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 1, 59, 0, TimeSpan.Zero);

    private readonly ManualClock clock = new(Start);
    private readonly TempFolder folder = new();
    private readonly Listener discord = new();
    private readonly TestAlerts alerts;
    private readonly Channel<Run> started = Channel.CreateUnbounded<Run>();
    private readonly Channel<string> ended = Channel.CreateUnbounded<string>();
    private readonly CancellationTokenSource stop = new();
    private readonly ConcurrentBag<Run> runs = [];
    private readonly List<string> log = [];
    private Scheduler? scheduler;
    private Task running = Task.CompletedTask;
    private int now;
    private int most;

    public SchedulerTests() => alerts = new TestAlerts(folder.Path, discord.Webhook);

    private sealed record Run(ScheduledJob Job, TaskCompletionSource<JobOutcome> End)
    {
        public void Succeed() => End.SetResult(new JobOutcome(Job.Name, JobResult.Succeeded, null, TimeSpan.FromSeconds(1)));

        public void Fail(bool mayWorkLater = true) =>
            End.SetResult(new JobOutcome(Job.Name, JobResult.Failed, $"{Job.Name} broke.", TimeSpan.FromSeconds(1)) { MayWorkLater = mayWorkLater });
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        foreach (var run in runs)
            run.End.TrySetResult(new JobOutcome(run.Job.Name, JobResult.Stopped, null, TimeSpan.Zero));
        await running.WaitAsync(TimeSpan.FromSeconds(60));
        scheduler?.Dispose();
        await alerts.DisposeAsync();
        await discord.DisposeAsync();
        stop.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task A_job_runs_at_its_time_and_never_twice_at_once()
    {
        Begin(new() { ["full"] = Start.AddDays(-1).AddMinutes(1), ["incremental"] = Start.AddMinutes(-59) }, Full(), Points());
        await AdvanceAsync(TimeSpan.FromSeconds(59));
        Assert.Empty(Taken());
        await AdvanceAsync(TimeSpan.FromSeconds(1));
        var (first, second) = (await NextAsync(), await NextAsync());
        Assert.Equal(["full", "incremental"], new[] { first.Job.Kind, second.Job.Kind }.Order());
        var full = first.Job.Kind == "full" ? first : second;
        for (var hour = 0; hour < 30; hour++)
            await AdvanceAsync(TimeSpan.FromHours(1));
        Assert.Empty(Taken());
        // One for all that were missed while it ran.
        full.Succeed();
        var again = await NextAsync();
        Assert.Equal("full", again.Job.Kind);
        again.Succeed();
        await EndedAsync("full", 2);
        await AdvanceAsync(TimeSpan.FromMinutes(30));
        Assert.Empty(Taken());
    }

    [Fact]
    public async Task After_the_machine_slept_each_job_runs_once()
    {
        Begin(new() { ["full"] = Start }, Full());
        await clock.AsleepAsync();
        clock.Jump(TimeSpan.FromDays(5.1));
        await AdvanceAsync(TimeSpan.FromSeconds(30));
        (await NextAsync()).Succeed();
        await EndedAsync("full", 1);
        await AdvanceAsync(TimeSpan.FromMinutes(5));
        Assert.Empty(Taken());
        Assert.Contains(log, l => l.Contains("went forward", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_clock_that_was_a_year_ahead_stops_no_backup()
    {
        Begin(new() { ["full"] = Start }, Full());
        await clock.AsleepAsync();
        clock.Jump(TimeSpan.FromDays(365));
        await AdvanceAsync(TimeSpan.FromSeconds(30));
        (await NextAsync()).Succeed();
        await EndedAsync("full", 1);
        await clock.AsleepAsync();
        clock.Jump(TimeSpan.FromDays(-365));
        await AdvanceAsync(TimeSpan.FromSeconds(30));
        await AdvanceAsync(TimeSpan.FromHours(24));
        Assert.Equal("full", (await NextAsync()).Job.Kind);
    }

    /// <summary>The guide pruned whether the backup had worked or not, and was left with a 20-byte file (fault 12).</summary>
    [Fact]
    public async Task Prune_runs_only_after_a_backup_that_succeeded()
    {
        Begin([], Full(), Prune());
        (await NextAsync()).Fail(mayWorkLater: false);
        await EndedAsync("full", 1);
        for (var hour = 0; hour < 23; hour++)
            await AdvanceAsync(TimeSpan.FromHours(1));
        Assert.Equal("full", (await NextAsync()).Job.Kind);
        Assert.Empty(Taken());
        scheduler!.Request("full", "the test asks");
        await AdvanceAsync(TimeSpan.FromMinutes(1));
        Assert.Empty(Taken());
    }

    [Fact]
    public async Task A_full_that_succeeded_is_followed_by_prune()
    {
        Begin([], Full(), Prune());
        (await NextAsync()).Succeed();
        await EndedAsync("full", 1);
        await AdvanceAsync(JobTimer.Settle);
        Assert.Equal("prune", (await NextAsync()).Job.Kind);
    }

    [Fact]
    public async Task A_restore_point_waits_for_the_first_full()
    {
        Begin([], Full(), Points());
        var full = await NextAsync();
        Assert.Equal("full", full.Job.Kind);
        await AdvanceAsync(TimeSpan.FromHours(2));
        Assert.Empty(Taken());
        full.Succeed();
        // The full of 02:00, which was missed meanwhile, begins as well.
        Assert.Equal(["full", "incremental"], new[] { (await NextAsync()).Job.Kind, (await NextAsync()).Job.Kind }.Order());
    }

    [Fact]
    public async Task A_verification_waits_until_there_is_a_set_of_its_kind()
    {
        Begin([], Job("verification logs") with { Needs = "logs" });
        await AdvanceAsync(TimeSpan.FromHours(1));
        Assert.Empty(Taken());
        scheduler!.Know("logs");
        Assert.Equal("verification logs", (await NextAsync()).Job.Kind);
    }

    [Fact]
    public async Task A_lost_slot_gets_a_full_at_once()
    {
        Begin(new() { ["full"] = Start }, Full());
        await clock.AsleepAsync();
        scheduler!.Request("full", "slot twibackup lost WAL");
        await AdvanceAsync(JobTimer.Settle);
        Assert.Equal("full", (await NextAsync()).Job.Kind);
    }

    [Fact]
    public async Task What_is_asked_for_before_it_is_known_what_ran_is_not_forgotten()
    {
        scheduler = new Scheduler("twi", [Full()], RunAsync, alerts.Alerts, Log, clock) { MostJitter = TimeSpan.Zero };
        scheduler.Request("full", "slot twibackup lost WAL");
        running = scheduler.RunAsync(new Dictionary<string, DateTimeOffset> { ["full"] = Start.AddHours(1) }, stop.Token);
        await AdvanceAsync(JobTimer.Settle);
        Assert.Equal("full", (await NextAsync()).Job.Kind);
    }

    [Fact]
    public async Task Heavy_jobs_run_two_at_a_time()
    {
        Begin([], Full(), Job("dump"), Job("repository"), Job("logs"), Job("configuration"));
        var runs = new Queue<Run>([await NextAsync(), await NextAsync()]);
        Assert.Empty(Taken());
        for (var i = 2; i < 5; i++)
        {
            runs.Dequeue().Succeed();
            runs.Enqueue(await NextAsync());
        }

        Assert.Equal(Scheduler.HeavyAtOnce, most);
    }

    [Fact]
    public async Task A_failure_is_told_tried_again_and_its_recovery_told()
    {
        Begin([], Full());
        (await NextAsync()).Fail();
        Assert.Equal("❌ twi: backup full failed", (await discord.NextEmbedAsync()).GetProperty("title").GetString());
        await EndedAsync("full", 1);
        await AdvanceAsync(TimeSpan.FromMinutes(5));
        (await NextAsync()).Succeed();
        Assert.Equal("✅ twi: backup full works again", (await discord.NextEmbedAsync()).GetProperty("title").GetString());
    }

    [Fact]
    public async Task A_job_that_can_not_be_run_at_all_is_told_and_stops_no_other()
    {
        Begin([], Full(), Points());
        (await NextAsync()).End.SetException(new InvalidOperationException("no such thing"));
        Assert.Contains("no such thing", (await discord.NextEmbedAsync()).GetProperty("description").GetString(), StringComparison.Ordinal);
        await EndedAsync("full", 1);
        await AdvanceAsync(TimeSpan.FromMinutes(5));
        Assert.Equal("full", (await NextAsync()).Job.Kind);
    }

    [Fact]
    public async Task A_job_that_does_not_end_is_told_once()
    {
        Begin(new() { ["full"] = Start, ["incremental"] = Start.AddHours(-2) }, Full(), Points());
        await NextAsync();
        for (var i = 0; i < 5; i++)
            await AdvanceAsync(TimeSpan.FromMinutes(30));
        Assert.Contains("still runs", (await discord.NextEmbedAsync()).GetProperty("description").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, discord.Left);
    }

    [Fact]
    public async Task Told_to_stop_it_waits_for_what_runs()
    {
        Begin([], Full());
        var run = await NextAsync();
        await stop.CancelAsync();
        Assert.False(running.IsCompleted);
        run.End.SetResult(new JobOutcome(run.Job.Name, JobResult.Stopped, null, TimeSpan.Zero));
        await running.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(0, discord.Left);
    }

    private static ScheduledJob Full() => Job("full");

    private static ScheduledJob Points() => Job("incremental", "0 * * * *") with { Needs = "full", IsLight = true };

    private static ScheduledJob Prune() => Job("prune") with { Schedule = Schedule.OnChange, After = "full", RunsWhenNever = false };

    private static ScheduledJob Job(string kind, string cron = "0 2 * * *") => new()
    {
        Kind = kind,
        Arguments = ["backup", kind],
        Schedule = Schedule.Parse(cron, TimeZoneInfo.Utc),
        RunsWhenNever = true,
    };

    private void Begin(Dictionary<string, DateTimeOffset> lastRuns, params ScheduledJob[] jobs)
    {
        scheduler = new Scheduler("twi", jobs, RunAsync, alerts.Alerts, Log, clock)
        {
            MostJitter = TimeSpan.Zero,
            Ended = (job, _) => ended.Writer.TryWrite(job.Kind),
        };
        running = scheduler.RunAsync(lastRuns, stop.Token);
    }

    private void Log(string line)
    {
        lock (log)
            log.Add(line);
    }

    private async Task<JobOutcome> RunAsync(ScheduledJob job, CancellationToken cancellationToken)
    {
        var run = new Run(job, new TaskCompletionSource<JobOutcome>(TaskCreationOptions.RunContinuationsAsynchronously));
        most = Math.Max(most, Interlocked.Increment(ref now));
        runs.Add(run);
        started.Writer.TryWrite(run);
        try
        {
            return await run.End.Task;
        }
        finally
        {
            Interlocked.Decrement(ref now);
        }
    }

    private async Task AdvanceAsync(TimeSpan by)
    {
        await clock.AsleepAsync();
        clock.Advance(by);
        await clock.AsleepAsync();
    }

    private async Task<Run> NextAsync() => await started.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(60));

    private async Task EndedAsync(string kind, int times)
    {
        for (var i = 0; i < times; i++)
            Assert.Equal(kind, await ended.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(60)));
    }

    private List<Run> Taken()
    {
        var taken = new List<Run>();
        while (started.Reader.TryRead(out var run))
            taken.Add(run);
        return taken;
    }
}
