using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using TwiBackup.Policy;
using TwiBackup.Progress;

namespace TwiBackup.AppHost;

/// <summary>When the database was killed last; null: not since the start.</summary>
internal sealed class Disaster : IResourceAnnotation
{
    public DateTimeOffset? At { get; set; }
}

/// <summary>The disaster by hand, and the way back.</summary>
internal static partial class DisasterExtensions
{
    private const string ContainerId = "container.id";

    /// <summary>The restore into an empty volume, to be started by hand or by <c>recover</c>.</summary>
    public static IResourceBuilder<ContainerResource> AddRecovery(this Jobs jobs, IResourceBuilder<PostgresServerResource> postgres) => jobs
        .Add("recovery", Jobs.Restorer, "restore", "database", Postgres.DataFolder)
        .WithVolume(Postgres.Volume, Postgres.VolumeFolder)
        .WithExplicitStart()
        .WithParentRelationship(postgres);

    /// <summary>SIGKILL, and everything that the database had on disk is deleted.</summary>
    public static IResourceBuilder<PostgresServerResource> WithKill(this IResourceBuilder<PostgresServerResource> postgres) => postgres
        .WithAnnotation(new Disaster())
        .WithCommand(
            "kill", "Kill the database",
            async context =>
            {
                try
                {
                    var at = await KillAsync(context, postgres.Resource);
                    return context.Tell("Killed", $"The database was killed at {at:HH:mm:ss.fff} UTC, and its volume is gone. Recover it.", isGood: true);
                }
                catch (TwiBackupException e)
                {
                    return context.Tell("Kill the database", e.Message, isGood: false);
                }
            },
            new CommandOptions
            {
                IconName = "Fire",
                ConfirmationMessage = "The database is killed (SIGKILL) and its volume deleted. What is not in the store is lost. Go on?",
                UpdateState = context => context.ResourceSnapshot.State?.Text == KnownResourceStates.Running ? ResourceCommandState.Enabled : ResourceCommandState.Disabled,
            });

    /// <summary>Restores the newest state into a new volume, starts the server on it, and tells what was lost and how long it took.</summary>
    public static IResourceBuilder<PostgresServerResource> WithRecovery(
        this IResourceBuilder<PostgresServerResource> postgres, IResourceBuilder<ContainerResource> recovery, Objective promised) => postgres.WithCommand(
        "recover", "Recover the database",
        async context =>
        {
            var (services, cancellationToken) = (context.ServiceProvider, context.CancellationToken);
            var began = DateTimeOffset.UtcNow;
            var end = await JobRun.RunAsync(services, recovery.Resource, cancellationToken);
            if (!end.IsGood)
                return context.Tell("Not recovered", end.LastWords, isGood: false);
            var started = await services.GetRequiredService<ResourceCommandService>().ExecuteCommandAsync(postgres.Resource, KnownResourceCommands.StartCommand, cancellationToken);
            if (!started.Success)
                return context.Tell("Not recovered", started.ErrorMessage ?? "The restored server did not start.", isGood: false);
            await services.GetRequiredService<ResourceNotificationService>().WaitForResourceHealthyAsync(postgres.Resource.Name, cancellationToken);
            var killed = postgres.Resource.Annotations.OfType<Disaster>().Single().At;
            return context.Tell("Recovered", Sentence(killed, killed ?? began, DateTimeOffset.UtcNow, LastCommit(end), promised), isGood: true);
        },
        new CommandOptions
        {
            IconName = "ArrowCounterclockwise",
            IsHighlighted = true,
            UpdateState = context => context.ResourceSnapshot.State?.Text is { } state && KnownResourceStates.TerminalStates.Contains(state)
                ? ResourceCommandState.Enabled : ResourceCommandState.Disabled,
        });

    /// <summary>What was lost (at most: from the last restored commit to the kill) and how long it took (from the kill), against what is promised.</summary>
    internal static string Sentence(DateTimeOffset? killed, DateTimeOffset began, DateTimeOffset open, DateTimeOffset? lastCommit, Objective promised)
    {
        var lost = killed is { } kill && lastCommit is { } commit
            ? $"Lost at most {Sizes.Text(commit < kill ? kill - commit : TimeSpan.Zero)} of writes (objective {Text(promised.Rpo)}), b"
            : "B";
        return $"{lost}ack after {Sizes.Text(open - began)} (objective {Text(promised.Rto)}).";

        static string Text(TimeSpan? objective) => objective is { } most ? Duration.Format(most) : "-";
    }

    /// <summary>The time of the last transaction that came back, as the restore says it.</summary>
    internal static DateTimeOffset? LastCommit(JobEnd restore)
    {
        var said = restore.Lines.Select(line => Commit().Match(line)).LastOrDefault(match => match.Success);
        return said is null ? null : DateTimeOffset.Parse(said.Groups[1].Value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
    }

    private static async Task<DateTimeOffset> KillAsync(ExecuteCommandContext context, PostgresServerResource postgres)
    {
        var (services, cancellationToken) = (context.ServiceProvider, context.CancellationToken);
        var now = await services.GetRequiredService<ResourceNotificationService>().WaitForResourceAsync(postgres.Name, _ => true, cancellationToken);
        var id = now.Snapshot.Properties.FirstOrDefault(property => property.Name == ContainerId)?.Value as string
            ?? throw new TwiBackupException("The database's container is not known yet. Wait until it runs.");
        var runtime = new ContainerRuntime(services.GetRequiredService<IConfiguration>());
        await runtime.RunAsync(cancellationToken, "kill", "--signal", "KILL", id);
        var at = DateTimeOffset.UtcNow;
        // Also what an earlier recovery left: a volume goes only when no container names it.
        var users = await runtime.RunAsync(cancellationToken, "ps", "--all", "--quiet", "--filter", $"volume={Postgres.Volume}");
        foreach (var user in users.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            await runtime.RunAsync(cancellationToken, "rm", "--force", user);
        await runtime.RunAsync(cancellationToken, "volume", "rm", Postgres.Volume);
        postgres.Annotations.OfType<Disaster>().Single().At = at;
        return at;
    }

    [GeneratedRegex(@"last commit (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?)Z")]
    private static partial Regex Commit();
}
