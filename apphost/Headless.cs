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
        var log = new ShownLog(app.Services, resource, output);
        var showing = log.FollowAsync(over.Token);
        try
        {
            await app.StartAsync(told);
            var end = await app.Services.GetRequiredService<ResourceNotificationService>()
                .WaitForResourceAsync(resource.Name, e => JobRun.HasEnded(e.Snapshot), told);
            await over.CancelAsync();
            await showing;
            await log.CompleteAsync(told);
            if (end.Snapshot.ExitCode is { } code)
                return code;
            await Console.Error.WriteLineAsync($"{resource.Name} was never started; what it waits for failed. Its log above says what.");
            return (int)ExitCode.Failed;
        }
        catch (OperationCanceledException) when (told.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("Stopped before the end.");
            return (int)ExitCode.Failed;
        }
        finally
        {
            await over.CancelAsync();
            await showing;
            await app.StopAsync(CancellationToken.None);
        }
    }
}
