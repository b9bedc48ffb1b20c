using TwiBackup.Policy;
using TwiBackup.Scheduling;

namespace TwiBackup.AppHost;

/// <summary>Makes the containers that run the program: each with the policy, the store's credentials, and of the secrets only its own.</summary>
internal sealed class Jobs(
    IDistributedApplicationBuilder builder, JobsImage image, Secrets secrets, Promises promises, IResourceBuilder<PostgresServerResource> postgres)
{
    /// <summary>The scheduler hands each job its own.</summary>
    public const JobSecrets All = JobSecrets.Database | JobSecrets.Writer | JobSecrets.Verifier | JobSecrets.Repository;

    /// <summary>A restorer opens with the identity, and writes as the writer of a new timeline.</summary>
    public const JobSecrets Restorer = JobSecrets.Writer | JobSecrets.Verifier;

    public const string PolicyText = "TWIBACKUP_POLICY_TEXT";

    private readonly List<IResourceBuilder<IResource>> first = [];

    /// <summary>Where /app comes from: a volume or a folder.</summary>
    public string Files { get; init; } = Bot.FilesVolume;

    /// <summary>Whoever is added from now on waits until this has ended well.</summary>
    public Jobs After(IResourceBuilder<IResource> step)
    {
        first.Add(step);
        return this;
    }

    /// <summary>A container that runs <c>twibackup</c> with these arguments.</summary>
    public IResourceBuilder<ContainerResource> Add(string name, JobSecrets its, params object[] arguments)
    {
        var job = builder.AddTwiBackup(name, image, arguments);
        if (promises.Text is { } text)
            job.WithEnvironment(PolicyText, text);
        foreach (var variable in VariablesOf(its))
            job.WithEnvironment(variable, secrets[variable]);
        foreach (var step in first)
            job.WaitForCompletion(step);
        if (its.HasFlag(JobSecrets.Database))
            job.WaitFor(postgres);
        return job.PublishAsDockerComposeService((_, service) =>
        {
            service.AddVolume(ComposeService.Bind($"./{PolicyFile.Name}", $"/etc/twibackup/{PolicyFile.Name}"));
            if (its.HasFlag(JobSecrets.Database))
                ComposeService.WaitUntilHealthy(service, postgres.Resource.Name);
        });
    }

    /// <summary>Each backup type and verification of the policy, to be started by hand, with the secrets that the scheduler would give it.</summary>
    public IReadOnlyDictionary<string, IResourceBuilder<ContainerResource>> AddOnDemand(IResourceBuilder<ContainerResource> schedule)
    {
        var jobs = ScheduledJobs.Of(promises.Policy).ToList();
        // Watched by the scheduler rather than run by its clock.
        if (promises.Policy.Backups.Configuration is { Schedule.IsOnChange: true })
            jobs.AddRange(ScheduledJobs.Find(promises.Policy, "configuration"));
        return jobs.Where(job => job.Arguments[0] is "backup" or "verify" or "prune").ToDictionary(
            job => job.Kind,
            job => Add(string.Join('-', job.Arguments).Replace("--", "", StringComparison.Ordinal), job.Secrets, [.. job.Arguments, .. job.Options])
                .WithFiles(Files, isReadOnly: true)
                .OnDemand(schedule));
    }

    /// <summary>The variables of a job, as the scheduler would choose them.</summary>
    private IEnumerable<string> VariablesOf(JobSecrets its)
    {
        var given = secrets.Variables.ToDictionary(variable => variable, _ => "", StringComparer.Ordinal);
        // Alerts are told by who runs without a person: the scheduler.
        string[] alerts = its == All ? [Secrets.Discord, Secrets.Ping] : [];
        return JobEnvironment.For(its, promises.Policy, given).Keys.Concat(alerts).Where(given.ContainsKey).Order(StringComparer.Ordinal);
    }
}

internal static class JobsExtensions
{
    /// <summary>The scheduler, which supervises the WAL receiver and the configuration watcher.</summary>
    public static IResourceBuilder<ContainerResource> AsSchedule(this IResourceBuilder<ContainerResource> schedule, string files) => schedule
        .WithFiles(files, isReadOnly: true)
        .WithVolume("twibackup-jobs", "/var/lib/twibackup")
        .WithIconName("CalendarClock")
        .PublishAsDockerComposeService((_, service) =>
        {
            service.Restart = "unless-stopped";
            // It ends within 10 s and stores the tail of WAL first.
            service.StopGracePeriod = "15s";
            service.Healthcheck = ComposeService.Check("90s", "CMD", "twibackup", "schedule", "--health");
            service.AddVolume(ComposeService.Bind("${APP_FOLDER:-.}", Bot.FilesFolder));
        });

    /// <summary>Started by a person.</summary>
    public static IResourceBuilder<ContainerResource> OnDemand(this IResourceBuilder<ContainerResource> job, IResourceBuilder<ContainerResource> schedule) =>
        job.WithExplicitStart().WithParentRelationship(schedule);

    /// <summary>The bot's files: a folder of this machine, or a volume. Published, compose.yaml names its own.</summary>
    public static IResourceBuilder<ContainerResource> WithFiles(this IResourceBuilder<ContainerResource> job, string files, bool isReadOnly)
    {
        if (job.ApplicationBuilder.ExecutionContext.IsPublishMode)
            return job;
        return Path.IsPathRooted(files)
            ? job.WithBindMount(files, Bot.FilesFolder, isReadOnly)
            : job.WithVolume(files, Bot.FilesFolder, isReadOnly);
    }
}
