using Microsoft.Extensions.DependencyInjection;

namespace TwiBackup.AppHost;

/// <summary>Jobs as buttons.</summary>
internal static class JobCommands
{
    /// <summary>A button that runs a job to its end, then looks how everything stands, and tells both.</summary>
    /// <param name="on">The resource with the button.</param>
    /// <param name="name">The command's name.</param>
    /// <param name="title">What stands on the button.</param>
    /// <param name="icon">Of Fluent UI.</param>
    /// <param name="job">What runs.</param>
    /// <param name="status">Tells ages against objectives.</param>
    public static IResourceBuilder<ContainerResource> WithJob(
        this IResourceBuilder<ContainerResource> on, string name, string title, string icon, IResourceBuilder<ContainerResource> job, IResourceBuilder<ContainerResource> status) =>
        on.WithCommand(
            name, title,
            async context =>
            {
                var end = await JobRun.RunAsync(context.ServiceProvider, job.Resource, context.CancellationToken);
                var how = end.IsGood ? await JobRun.RunAsync(context.ServiceProvider, status.Resource, context.CancellationToken) : null;
                return context.Tell(title, how is null ? end.LastWords : $"{end.LastWords} {Verdict(how)}", end.IsGood);
            },
            new CommandOptions { IconName = icon, IsHighlighted = true });

    /// <summary>Tells how a command ended, as a notification and as the command's own result.</summary>
    public static ExecuteCommandResult Tell(this ExecuteCommandContext context, string title, string message, bool isGood)
    {
        context.ServiceProvider.GetRequiredService<Notices>().Tell(title, message, isGood);
        return isGood ? CommandResults.Success() : CommandResults.Failure(message);
    }

    /// <summary>The status' one line, without the numbers for programs.</summary>
    private static string Verdict(JobEnd status) => status.LastWords.Split(" | ")[0];
}
