using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace TwiBackup.AppHost;

/// <summary>Without a dashboard: what a CI with containers calls.</summary>
internal static class Headless
{
    /// <summary>Starts everything, shows what one resource says, and ends with its exit code.</summary>
    public static async Task<int> RunAsync(DistributedApplication app, IResource resource, TextWriter output)
    {
        var told = app.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(told);
        var showing = ShowAsync(app.Services.GetRequiredService<ResourceLoggerService>(), resource, output, over.Token);
        try
        {
            await app.StartAsync(told);
            var end = await app.Services.GetRequiredService<ResourceNotificationService>()
                .WaitForResourceAsync(resource.Name, e => JobRun.HasEnded(e.Snapshot), told);
            if (end.Snapshot.ExitCode is not { } code)
            {
                await Console.Error.WriteLineAsync($"{resource.Name} was never started; what it waits for failed. Its log above says what.");
                return (int)ExitCode.Failed;
            }

            return code;
        }
        catch (OperationCanceledException) when (told.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("Stopped before the end.");
            return (int)ExitCode.Failed;
        }
        finally
        {
            await app.StopAsync(CancellationToken.None);
            await over.CancelAsync();
            await showing;
        }
    }

    private static async Task ShowAsync(ResourceLoggerService logs, IResource resource, TextWriter output, CancellationToken over)
    {
        try
        {
            await foreach (var batch in logs.WatchAsync(resource).WithCancellation(over))
            {
                foreach (var line in batch)
                    await output.WriteLineAsync(JobRun.Plain(line));
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // All is said.
        }
    }
}
