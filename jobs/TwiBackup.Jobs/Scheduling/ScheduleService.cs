using TwiBackup.Alerts;
using TwiBackup.Catalog;
using TwiBackup.Policy;
using TwiBackup.Status;
using TwiBackup.Verification;
using TwiBackup.Wal;

namespace TwiBackup.Scheduling;

/// <summary>
/// Everything that runs by itself on one machine: the policy's jobs at their times, the WAL receiver and the configuration watcher beside
/// them, each a process of its own; and an eye on the stores. Ends within 10 s when told to.
/// </summary>
internal sealed class ScheduleService : IDisposable
{
    private static readonly TimeSpan StatusInterval = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan MetricsInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ReceiverStart = TimeSpan.FromSeconds(15);

    private readonly ScheduleOptions options;
    private readonly SetCatalog catalog;
    private readonly VerificationLog verifications;
    private readonly JobAlerts alerts;
    private readonly Action<string> log;
    private readonly TimeProvider clock;
    private readonly ReceiverWatch receiver;
    private readonly StatusWatch status;
    private readonly FullRequests fulls;
    private readonly Scheduler scheduler;
    private readonly SemaphoreSlim lookNow = new(0);
    private volatile bool slotLost;
    private bool recreating;
    private volatile bool fullTaken;

    public ScheduleService(
        ScheduleOptions options, SetCatalog catalog, StatusReader reader, VerificationLog verifications, JobAlerts alerts, Action<string> log, TimeProvider clock)
    {
        (this.options, this.catalog, this.verifications, this.alerts, this.log, this.clock) = (options, catalog, verifications, alerts, log, clock);
        fulls = new FullRequests(why => scheduler!.Request(ScheduledJobs.Full, why), () => scheduler!.IsRunning(ScheduledJobs.Full), clock);
        receiver = new ReceiverWatch(alerts, why => scheduler!.Request(ScheduledJobs.Full, why), clock);
        status = new StatusWatch(reader, alerts, fulls, log, clock);
        var children = new ChildJobs(options.Program, options.Policy, options.Environment, log, clock);
        scheduler = new Scheduler(options.Policy.System, ScheduledJobs.Of(options.Policy), children.RunAsync, alerts, log, clock)
        {
            MostJitter = options.MostJitter,
            Ended = OnEnded,
        };
    }

    /// <summary>Runs until told to stop. What throws ends all of it: half a scheduler looks like a whole one.</summary>
    public async Task RunAsync(CancellationToken told)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(told);
        var stop = either.Token;
        foreach (var problem in alerts.Problems)
            log($"NOBODY WILL HEAR OF FAILURES: {problem}");
        var parts = new List<Task> { ScheduleAsync(stop), LookAsync(stop), WriteMetricsAsync(stop), ShowHealthAsync(stop), receiver.RunAsync(stop) };
        if (ReceivesWal)
            parts.Add(new Supervised(ReceiverWatch.Name, StartReceiver, alerts, log, clock) { Ended = OnReceiverEnded }.RunAsync(stop));
        if (options.Policy.Backups.Configuration is { Schedule.IsOnChange: true })
            parts.Add(new Supervised("backup configuration --watch", StartWatcher, alerts, log, clock).RunAsync(stop));
        await Task.WhenAny(parts);
        await either.CancelAsync();
        await Task.WhenAll(parts);
    }

    private bool ReceivesWal => options.Policy.Database.Mode == DatabaseMode.Physical && options.Policy.Backups.Incremental is not null;

    public void Dispose()
    {
        scheduler.Dispose();
        lookNow.Dispose();
    }

    private async Task ScheduleAsync(CancellationToken stop)
    {
        try
        {
            // A full that begins before the slot exists would be needed again: the receiver goes first.
            await WaitForReceiverAsync(stop);
            await scheduler.RunAsync(await LastRunsAsync(stop), stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Before anything ran.
        }
    }

    private async Task WaitForReceiverAsync(CancellationToken stop)
    {
        if (!ReceivesWal)
            return;
        var began = clock.GetTimestamp();
        while (receiver.Last is not { Connected: true } && clock.GetElapsedTime(began) < ReceiverStart)
            await Task.Delay(TimeSpan.FromMilliseconds(100), clock, stop);
    }

    private async Task<IReadOnlyDictionary<string, DateTimeOffset>> LastRunsAsync(CancellationToken stop)
    {
        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        while (true)
        {
            try
            {
                return await LastRuns.ReadAsync(catalog, verifications, clock.GetUtcNow(), stop);
            }
            catch (Exception e) when (e is TwiBackupException or IOException)
            {
                log($"No job runs before it is known which are due: {e.Message}");
            }

            await Task.Delay(backoff.Next(), clock, stop);
        }
    }

    private async Task LookAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await status.LookAsync(stop);
                foreach (var component in status.Last?.Components.Where(c => c.Id is not null) ?? [])
                    scheduler.Know(component.Name);
                if (fullTaken)
                    await receiver.FullTakenAsync(stop);
                fullTaken = false;
                await alerts.FlushAsync(stop);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(stop);
                await Task.WhenAny(Task.Delay(StatusInterval, clock, either.Token), lookNow.WaitAsync(either.Token));
                await either.CancelAsync();
                stop.ThrowIfCancellationRequested();
                // One look for all that ended meanwhile.
                while (await lookNow.WaitAsync(TimeSpan.Zero, CancellationToken.None))
                    continue;
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to.
        }
    }

    private async Task WriteMetricsAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                try
                {
                    if (options.MetricsFile is { } file)
                        await ScheduleMetrics.Of(options.Policy.System, status.Last, scheduler.States, receiver.Last, clock.GetUtcNow()).WriteAsync(file, stop);
                }
                catch (TwiBackupException e)
                {
                    log(e.Message);
                }

                await Task.Delay(MetricsInterval, clock, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to.
        }
    }

    private async Task ShowHealthAsync(CancellationToken stop)
    {
        DateTimeOffset? noWalSince = null;
        try
        {
            while (true)
            {
                var now = clock.GetUtcNow();
                var isReceived = !ReceivesWal || receiver.Last is { Connected: true };
                noWalSince = isReceived ? null : noWalSince ?? now;
                new ScheduleHealth
                {
                    System = options.Policy.System,
                    At = now,
                    // It begins when the store has told what ran before, which may take its time.
                    LookedAt = scheduler.LookedAt ?? now,
                    NoWalSince = noWalSince,
                    LagBytes = ReceivesWal && isReceived ? receiver.Last?.LagBytes : null,
                    Running = [.. scheduler.States.Where(j => j.RunningSince is not null).Select(j => j.Job)],
                }.Write(options.StateFolder);
                await Task.Delay(ScheduleHealth.Interval, clock, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            ScheduleHealth.Remove(options.StateFolder, options.Policy.System);
        }
    }

    private void OnEnded(ScheduledJob job, JobOutcome outcome)
    {
        fullTaken |= job.Kind == ScheduledJobs.Full && outcome.Result == JobResult.Succeeded;
        lookNow.Release();
    }

    private OwnProcess StartReceiver() => options.Program.Start(
        slotLost ? ["wal", "receive", "--recreate-lost-slot"] : ["wal", "receive"],
        JobEnvironment.For(JobSecrets.Database | JobSecrets.Writer, options.Policy, options.Environment),
        OnReceiverLine,
        line => log($"{ReceiverWatch.Name}: {line}"));

    private void OnReceiverLine(string text)
    {
        if (ReceiverLine.Read(text) is not { } line)
        {
            log($"{ReceiverWatch.Name}: {text}");
            return;
        }

        if (line.Event == nameof(WalEventKind.SlotLost))
            slotLost = true;
        if (line.Event is null && line.Connected)
        {
            slotLost = false;
            Telemetry.WalLag((long)Math.Min(line.LagBytes, long.MaxValue));
            fulls.Streams(line.Cluster, line.Timeline);
        }

        receiver.Heard(line);
    }

    private bool OnReceiverEnded()
    {
        receiver.Gone();
        var isNews = slotLost && !recreating;
        recreating = slotLost;
        return isNews;
    }

    private OwnProcess StartWatcher() => options.Program.Start(
        ["backup", "configuration", "--watch"], JobEnvironment.For(JobSecrets.Writer, options.Policy, options.Environment),
        line => log($"backup configuration: {line}"), line => log($"backup configuration: {line}"));
}
