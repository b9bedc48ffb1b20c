using TwiBackup.Policy;

namespace TwiBackup.Alerts;

/// <summary>
/// Tells people how the jobs of a system are: failures grouped, recovery announced, and the dead man's switch asked while nothing is
/// open. What can't be told is said on standard error and fails nothing: no method throws but for cancellation. Thread safe.
/// </summary>
public sealed class JobAlerts : IAsyncDisposable
{
    /// <summary>The one cause of what is a state, not an end.</summary>
    private const string State = "state";

    private readonly JobAlertsOptions options;
    private readonly Destination<IAlertSink> sink;
    private readonly Destination<DeadMansSwitch> ping;
    private readonly AlertState state;
    private readonly Action<string> say;
    private readonly TimeProvider clock;
    private readonly HttpClient? client;
    private readonly SemaphoreSlim gate = new(1);

    internal JobAlerts(
        JobAlertsOptions options, Destination<IAlertSink> sink, Destination<DeadMansSwitch> ping, AlertState state, Action<string> say, TimeProvider clock,
        HttpClient? client = null)
    {
        (this.options, this.sink, this.ping, this.state, this.say, this.clock, this.client) = (options, sink, ping, state, say, clock, client);
    }

    /// <summary>What is wrong with where alerts go, one line each; empty when they can be sent as far as can be known without sending.</summary>
    public IEnumerable<string> Problems => new[] { sink.Problem, ping.Problem }.OfType<string>();

    /// <summary>Of a policy. A destination that can't be used is said when there is something to tell.</summary>
    public static JobAlerts Open(BackupPolicy policy, IReadOnlyDictionary<string, string> environment, Action<string> say, TimeProvider clock) =>
        Open(policy, environment, say, clock, new DeliveryOptions());

    internal static JobAlerts Open(
        BackupPolicy policy, IReadOnlyDictionary<string, string> environment, Action<string> say, TimeProvider clock, DeliveryOptions delivery)
    {
        var client = AlertHttp.CreateClient();
        var alerts = policy.Alerts;
        var sink = Destination<IAlertSink>.Of(alerts.Discord, "alerts.discord", environment, mayBePlain: false,
            (url, name) => new DiscordWebhook(client, url, name, delivery, clock));
        var ping = Destination<DeadMansSwitch>.Of(alerts.Ping, "alerts.ping", environment, mayBePlain: true,
            (url, name) => new DeadMansSwitch(client, url, name, delivery, clock));
        var options = new JobAlertsOptions { System = policy.System, Report = alerts.Report, Repeat = alerts.Repeat };
        return new JobAlerts(options, sink, ping, new AlertState(StateFolder.Find(environment), policy.System, say, clock), say, clock, client);
    }

    /// <summary>A job has ended.</summary>
    public Task ReportAsync(JobOutcome outcome, CancellationToken cancellationToken) => outcome.Result switch
    {
        JobResult.Succeeded => ChangeAsync((book, now) => book.Succeed(outcome.Job, now), true, cancellationToken),
        JobResult.Failed => ChangeAsync(
            (book, now) => book.Add(outcome.Job, AlertCause.Of(ReasonOf(outcome)), AlertLevel.Failure, ReasonOf(outcome), JobAdvice.For(outcome.Job), outcome.Duration, now),
            false, cancellationToken),
        _ => Task.CompletedTask,
    };

    /// <summary>Something that is no end of a job is wrong, whatever the words, until <see cref="RecoverAsync"/> of the same name.</summary>
    public Task FailAsync(string name, string message, string? advice, CancellationToken cancellationToken) =>
        ChangeAsync((book, now) => book.Add(name, State, AlertLevel.Failure, message, advice ?? JobAdvice.For(name), null, now), false, cancellationToken);

    /// <summary>Something happened that a person should know of.</summary>
    public Task NoticeAsync(string job, string message, string? advice, CancellationToken cancellationToken) =>
        ChangeAsync((book, now) => book.Add(job, AlertCause.Of(message), AlertLevel.Notice, message, advice, null, now), null, cancellationToken);

    /// <summary>What <see cref="FailAsync"/> told of the job is over.</summary>
    public Task RecoverAsync(string job, CancellationToken cancellationToken) => ChangeAsync((book, now) => book.Succeed(job, now), null, cancellationToken);

    /// <summary>Tries again what could not be delivered.</summary>
    public Task FlushAsync(CancellationToken cancellationToken) => ChangeAsync((_, _) => { }, null, cancellationToken);

    public ValueTask DisposeAsync()
    {
        client?.Dispose();
        gate.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <param name="isWell">What the dead man's switch hears; null: nothing.</param>
    private async Task ChangeAsync(Action<AlertBook, DateTimeOffset> change, bool? isWell, CancellationToken cancellationToken)
    {
        if (sink == Destination<IAlertSink>.None && ping == Destination<DeadMansSwitch>.None)
            return;
        await gate.WaitAsync(cancellationToken);
        try
        {
            var hasOpen = await state.ChangeAsync(
                book =>
                {
                    change(book, clock.GetUtcNow());
                    return book.HasOpenFailure;
                },
                cancellationToken);
            await DeliverAsync(cancellationToken);
            if (isWell is { } well && !(well && hasOpen))
                await ping.UseAsync(p => p.PingAsync(well, cancellationToken), $"The dead man's switch was not told that {(well ? "all is well" : "something failed")}", say);
        }
        finally
        {
            gate.Release();
        }
    }

    private async Task DeliverAsync(CancellationToken cancellationToken)
    {
        var (due, notBefore) = await state.ChangeAsync(book => (book.TakeDue(clock.GetUtcNow(), options.Repeat), book.NotBefore), cancellationToken);
        if (due.Count == 0)
            return;
        // Another process may have been told to wait; a time that is too far ahead was noted before the clock was set back.
        if (sink.Target is { } target && notBefore > target.NotBefore && notBefore < clock.GetUtcNow() + TimeSpan.FromHours(24))
            target.NotBefore = notBefore;
        var left = new Queue<List<AlertGroup>>(due);
        try
        {
            for (var works = true; left.TryPeek(out var groups); left.Dequeue())
            {
                var alert = ToAlert(groups);
                works = works && await sink.UseAsync(s => s.SendAsync(alert, cancellationToken), $"ALERT NOT SENT ({alert.Title}: {alert.Message})", say);
                var delivered = works;
                await state.ChangeAsync(book => Settle(book, groups, delivered), CancellationToken.None);
            }
        }
        finally
        {
            // Cancelled in between: whoever comes next need not wait for our claim.
            if (left.Count > 0)
                await state.ChangeAsync(book => left.All(groups => Settle(book, groups, false)), CancellationToken.None);
        }
    }

    private bool Settle(AlertBook book, List<AlertGroup> groups, bool delivered)
    {
        book.Settle(groups, delivered, clock.GetUtcNow());
        if (sink.Target is { } target)
            book.NotBefore = target.NotBefore;
        return true;
    }

    private Alert ToAlert(List<AlertGroup> groups)
    {
        var (first, last) = (groups.MinBy(g => g.Since)!, groups.MaxBy(g => g.LastAt)!);
        var recovered = last.RecoveredAt;
        return new Alert
        {
            Level = recovered is null ? last.Level : AlertLevel.Recovered,
            System = options.System,
            Job = last.Job,
            Message = recovered is null ? last.Message : $"It had failed {Times(groups.Sum(g => g.Count))} in {Progress.Sizes.Text(recovered.Value - first.Since)}: {last.Message}",
            Advice = recovered is null ? last.Advice : null,
            Host = options.Host,
            Since = first.Since,
            At = recovered ?? last.LastAt,
            Count = groups.Sum(g => g.Count),
            Duration = recovered is null && last.Seconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            Report = options.Report,
        };
    }

    private static string ReasonOf(JobOutcome outcome) => outcome.Reason ?? "It failed and did not say why.";

    private static string Times(int count) => count == 1 ? "once" : $"{count} times";
}
