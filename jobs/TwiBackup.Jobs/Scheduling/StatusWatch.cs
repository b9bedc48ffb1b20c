using TwiBackup.Alerts;
using TwiBackup.Policy;
using TwiBackup.Status;

namespace TwiBackup.Scheduling;

/// <summary>
/// Looks at the stores again and again: tells what is not as promised whatever the jobs say of themselves, and what asks for a full.
/// </summary>
internal sealed class StatusWatch(StatusReader reader, JobAlerts alerts, FullRequests fulls, Action<string> log, TimeProvider clock)
{
    private const string StoreName = "status";

    private readonly Dictionary<string, DateTimeOffset> missedSince = new(StringComparer.Ordinal);
    private readonly HashSet<string> good = new(StringComparer.Ordinal);
    private string? lastNeed;
    private bool isReadable;

    /// <summary>What is missed for less is not told: a job may just be mending it.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>As it was read last; null: never.</summary>
    public SystemStatus? Last { get; private set; }

    /// <summary>Looks once. Throws only for cancellation.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            Last = await reader.ReadAsync(cancellationToken);
        }
#pragma warning disable CA1031 // Whatever it is, the jobs go on and people hear of it.
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            log($"The status can't be read: {e.Message}");
            isReadable = false;
            await JudgeAsync(StoreName, $"The store can't be read: {e.Message}", cancellationToken);
            return;
        }

        StatusMetrics.Record(Last);
        if (!isReadable)
            await JudgeAsync(StoreName, null, cancellationToken);
        isReadable = true;
        if (Last.Recoverable is { } point)
            fulls.Know(point.Cluster, point.FullTimeline);
        // Objects arrive in any order: what is missing is missing only when it is so twice.
        if (Last.FullNeeded is { } need && need == lastNeed)
            fulls.Ask(need);
        lastNeed = Last.FullNeeded;
        foreach (var component in Last.Components)
            await JudgeAsync($"objective {component.Name}", component.State == ComponentState.Missed ? $"{component.Name}: {component.Detail}" : null, cancellationToken);
        if (Last.Replica is { } replica)
            await JudgeAsync("objective replica", replica.State == ComponentState.Good ? null : $"{replica.Store}: {replica.Detail}", cancellationToken);
    }

    /// <param name="missed">What is missed; null: nothing.</param>
    private async Task JudgeAsync(string name, string? missed, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        if (missed is null)
        {
            missedSince.Remove(name);
            // The first time also for what was told before we started.
            if (good.Add(name))
                await alerts.RecoverAsync(name, cancellationToken);
            return;
        }

        missedSince.TryAdd(name, now);
        if (now - missedSince[name] < Grace)
            return;
        good.Remove(name);
        await alerts.FailAsync(name, missed, "See all of it: twibackup status", cancellationToken);
    }
}
