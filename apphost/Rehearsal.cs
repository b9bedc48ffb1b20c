using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using TwiBackup.Rehearsal;

#pragma warning disable ASPIREINTERACTION001 // Notifications and inputs of the dashboard are not final in this version.

namespace TwiBackup.AppHost;

/// <summary>What is rehearsed next.</summary>
internal sealed class RehearsalChoice : IResourceAnnotation
{
    public string Scenario { get; set; } = Scenarios.All.Keys.First();
}

/// <summary>A rehearsal in a container: a database and a bot of its own, backed up into the S3 server, destroyed, recovered from it alone.</summary>
internal static class RehearsalExtensions
{
    private const string ReportFolder = "/reports";
    private const string Report = "last";

    public static IResourceBuilder<ContainerResource> AddRehearsal(
        this IDistributedApplicationBuilder builder, JobsImage image, Secrets secrets, IResourceBuilder<ContainerResource> store)
    {
        var bucket = store.AddRehearsalBucket(image, secrets);
        var choice = new RehearsalChoice();
        var rehearsal = builder.AddTwiBackup("rehearsal", image)
            .WithArgs(context =>
            {
                // A place of its own for each run: what another one left was signed by others.
                var place = $"{Stores.RehearsalBucket}/{DateTime.UtcNow.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)}";
                foreach (var argument in (object[])
                    ["rehearse", "--scenario", choice.Scenario, "--store", store.Url(place), "--json", $"{ReportFolder}/{Report}.json", "--html", $"{ReportFolder}/{Report}.html"])
                    context.Args.Add(argument);
            })
            .WithAnnotation(choice)
            .WithOwner(secrets)
            .WithBindMount(Folder(builder), ReportFolder)
            .WaitForCompletion(bucket)
            .WithIconName("Fireplace");
        builder.Eventing.Subscribe<BeforeResourceStartedEvent>(rehearsal.Resource, (_, _) =>
        {
            MakeFolder(Folder(builder));
            return Task.CompletedTask;
        });
        return rehearsal;
    }

    /// <summary>Chooses the scenario.</summary>
    public static IResourceBuilder<ContainerResource> OfScenario(this IResourceBuilder<ContainerResource> rehearsal, string scenario)
    {
        rehearsal.Resource.Annotations.OfType<RehearsalChoice>().Single().Scenario = scenario;
        return rehearsal;
    }

    /// <summary>A button that asks for the scenario, rehearses it, and tells RPO and RTO.</summary>
    public static IResourceBuilder<ContainerResource> WithRehearse(this IResourceBuilder<ContainerResource> rehearsal) => rehearsal.WithCommand(
        "rehearse", "Rehearse a disaster",
        async context =>
        {
            var dashboard = context.ServiceProvider.GetRequiredService<IInteractionService>();
            if (dashboard.IsAvailable)
            {
                var answer = await dashboard.PromptInputAsync("Rehearse a disaster", "What is to happen?", Question(), cancellationToken: context.CancellationToken);
                if (answer.Canceled || answer.Data.Value is not { Length: > 0 } scenario)
                    return CommandResults.Canceled();
                rehearsal.OfScenario(scenario);
            }

            var end = await JobRun.RunAsync(context.ServiceProvider, rehearsal.Resource, context.CancellationToken);
            var title = rehearsal.Resource.Annotations.OfType<RehearsalChoice>().Single().Scenario;
            return context.Tell(end.IsGood ? $"Rehearsed {title}" : $"{title} was not recovered as promised", end.LastWords, end.IsGood);
        },
        new CommandOptions { IconName = "Fireplace", IsHighlighted = true });

    /// <summary>A button that shows the newest report in the browser of this machine.</summary>
    public static IResourceBuilder<ContainerResource> WithLastReport(this IResourceBuilder<ContainerResource> rehearsal) => rehearsal.WithCommand(
        "open-report", "Open the last report",
        context =>
        {
            var report = Path.Combine(Folder(rehearsal.ApplicationBuilder), $"{Report}.html");
            if (new FileInfo(report) is not { Exists: true, Length: > 0 })
                return Task.FromResult(context.Tell("Open the last report", "Nothing was rehearsed yet.", isGood: false));
            using var opened = Process.Start(new ProcessStartInfo(report) { UseShellExecute = true });
            return Task.FromResult(CommandResults.Success());
        },
        new CommandOptions { IconName = "DocumentData" });

    internal static InteractionInput Question() => new()
    {
        Name = "scenario",
        Label = "Scenario",
        InputType = InputType.Choice,
        Required = true,
        Options = [.. Scenarios.All.Select(pair => KeyValuePair.Create(pair.Key, $"{pair.Key}: {pair.Value}"))],
        Value = Scenarios.All.Keys.First(),
    };

    private static string Folder(IDistributedApplicationBuilder builder) => Path.GetFullPath(Path.Combine(builder.AppHostDirectory, "..", "artifacts", "rehearsals"));

    /// <summary>
    /// The container's user is another than ours, and nothing in a report is secret: the page becomes as readable as the one that it replaces.
    /// </summary>
    private static void MakeFolder(string folder)
    {
        Directory.CreateDirectory(folder);
        var page = Path.Combine(folder, $"{Report}.html");
        var isNew = !File.Exists(page);
        if (isNew)
            File.WriteAllText(page, "");
        if (OperatingSystem.IsWindows())
            return;
        if (isNew)
            File.SetUnixFileMode(page, (UnixFileMode)Convert.ToInt32("644", 8));
        if (File.GetUnixFileMode(folder) != (UnixFileMode)Convert.ToInt32("777", 8))
            File.SetUnixFileMode(folder, (UnixFileMode)Convert.ToInt32("777", 8));
    }
}
