using Microsoft.Extensions.DependencyInjection;

namespace TwiBackup.AppHost;

/// <summary>What a resource says, on the console: while it says it, and what was left at its end. Each line once.</summary>
internal sealed class ShownLog(IServiceProvider services, IResource resource, TextWriter output)
{
    private readonly ResourceLoggerService logs = services.GetRequiredService<ResourceLoggerService>();
    private int shown;

    /// <summary>Shows what comes until told that it is over.</summary>
    public async Task FollowAsync(CancellationToken over)
    {
        try
        {
            // Its log has a name only once it is there.
            await services.GetRequiredService<ResourceNotificationService>().WaitForResourceAsync(
                resource.Name, e => e.Snapshot.State?.Text == KnownResourceStates.Running || JobRun.HasEnded(e.Snapshot), over);
            await foreach (var batch in logs.WatchAsync(resource).WithCancellation(over))
                await ShowAsync(batch);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // The rest is shown by CompleteAsync.
        }
    }

    /// <summary>Shows what was not shown yet of a resource that has ended.</summary>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        var rest = shown;
        await foreach (var batch in logs.GetAllAsync(resource).WithCancellation(cancellationToken))
        {
            await ShowAsync([.. batch.Skip(rest)]);
            rest = Math.Max(0, rest - batch.Count);
        }
    }

    private async Task ShowAsync(IReadOnlyList<LogLine> lines)
    {
        foreach (var line in lines)
            await output.WriteLineAsync(JobRun.Plain(line));
        shown += lines.Count;
    }
}
