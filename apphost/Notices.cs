using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

#pragma warning disable ASPIREINTERACTION001 // Notifications and inputs of the dashboard are not final in this version.

namespace TwiBackup.AppHost;

/// <summary>
/// Results as notifications in the dashboard. One stays until a person takes it away, which no command waits for: they are waited for, and
/// taken away, at the end.
/// </summary>
internal sealed class Notices(IInteractionService dashboard, ILogger<Notices> log) : IHostedService, IDisposable
{
    private readonly ConcurrentBag<Task> shown = [];
    private readonly CancellationTokenSource over = new();

    public void Tell(string title, string message, bool isGood)
    {
        if (isGood)
            log.Told(title, message);
        else
            log.Failed(title, message);
        if (dashboard.IsAvailable)
            shown.Add(ShowAsync(title, message, isGood));
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await over.CancelAsync();
        await Task.WhenAll(shown);
    }

    public void Dispose() => over.Dispose();

    private async Task ShowAsync(string title, string message, bool isGood)
    {
        try
        {
            await dashboard.PromptNotificationAsync(
                title, message, new NotificationInteractionOptions { Intent = isGood ? MessageIntent.Success : MessageIntent.Error }, over.Token);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // Nobody took it away.
        }
    }
}

internal static partial class NoticesExtensions
{
    public static void AddNotices(this IDistributedApplicationBuilder builder)
    {
        builder.Services.AddSingleton<Notices>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Notices>());
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Title}: {Text}")]
    public static partial void Told(this ILogger log, string title, string text);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Title}: {Text}")]
    public static partial void Failed(this ILogger log, string title, string text);
}
