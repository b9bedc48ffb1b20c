using System.Collections.Concurrent;
using TwiBackup.Alerts;
using TwiBackup.Policy;
using TwiBackup.Tests.Scheduling;

namespace TwiBackup.Tests.Alerts;

/// <summary>The alerts of a policy, as jobs open them, with a clock and a state folder of the test's.</summary>
internal sealed class TestAlerts : IAsyncDisposable
{
    /// <summary>Short, so that a listener that hangs is met in a test's time.</summary>
    public static readonly DeliveryOptions Delivery = new()
    {
        AttemptTimeout = TimeSpan.FromMilliseconds(400),
        Patience = TimeSpan.FromSeconds(5),
        Attempts = 3,
        FirstWait = TimeSpan.FromMilliseconds(10),
    };

    private readonly ConcurrentQueue<string> said = new();

    /// <param name="folder">Where the state is.</param>
    /// <param name="discord">The webhook's URL; null: the policy names it and it is not set.</param>
    public TestAlerts(string folder, string? discord, string? ping = null, TimeProvider? clock = null)
    {
        var environment = new Dictionary<string, string> { ["TWIBACKUP_STATE"] = folder };
        if (discord is not null)
            environment["HOOK"] = discord;
        if (ping is not null)
            environment["PING"] = ping;
        var policy = TestPolicy.Parse(alerts: $$"""{ "discord": "env:HOOK"{{(ping is null ? "" : ", \"ping\": \"env:PING\"")}}, "repeat": "6h", "report": "https://ops.test/report" }""");
        Alerts = JobAlerts.Open(policy, environment, said.Enqueue, clock ?? TimeProvider.System, Delivery);
    }

    public JobAlerts Alerts { get; }

    /// <summary>What was said on standard error.</summary>
    public IReadOnlyCollection<string> Said => said;

    public Task FailAsync(string reason = "It broke.", string job = "backup database") =>
        Alerts.ReportAsync(new JobOutcome(job, JobResult.Failed, reason, TimeSpan.FromSeconds(3)), TestContext.Current.CancellationToken);

    public Task SucceedAsync(string job = "backup database") =>
        Alerts.ReportAsync(new JobOutcome(job, JobResult.Succeeded, null, TimeSpan.FromSeconds(3)), TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => Alerts.DisposeAsync();
}
