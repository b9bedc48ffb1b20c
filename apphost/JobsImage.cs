namespace TwiBackup.AppHost;

/// <summary>The image that everything of ours runs from.</summary>
/// <param name="Name">Without its tag.</param>
/// <param name="Tag">Its tag.</param>
/// <param name="Build">What builds it, once for all; null: it is there already.</param>
internal sealed record JobsImage(string Name, string Tag, IResourceBuilder<ContainerResource>? Build)
{
    /// <summary>Name and tag.</summary>
    public string Reference => $"{Name}:{Tag}";
}

internal static class JobsImageExtensions
{
    /// <summary>The project's version: what is published is told apart by it.</summary>
    public static string Version { get; } = typeof(JobsImage).Assembly.GetName().Version!.ToString(3);

    /// <summary>The image named by <c>Jobs:Image</c>, else built from jobs/Dockerfile for the one version of PostgreSQL that runs here.</summary>
    public static JobsImage AddJobsImage(this IDistributedApplicationBuilder builder, Settings settings)
    {
        if (settings.JobsImage is { } given)
        {
            var colon = given.LastIndexOf(':');
            return colon > given.LastIndexOf('/')
                ? new JobsImage(given[..colon], given[(colon + 1)..], null)
                : new JobsImage(given, "latest", null);
        }

        if (builder.ExecutionContext.IsPublishMode)
            return new JobsImage("twibackup", Version, null);

        // It runs to say its version; the others wait for that.
        var build = builder.AddDockerfile("twibackup", "..", "jobs/Dockerfile")
            .WithImageTag("apphost")
            .WithBuildArg("PG_MAJORS", settings.PostgresMajor)
            .WithArgs("--version")
            .WithCertificateTrustScope(CertificateTrustScope.None)
            .WithIconName("BoxToolbox");
        return new JobsImage("twibackup", "apphost", build);
    }

    /// <summary>A container of the image: an ordinary user, a read-only root file system, no capabilities.</summary>
    public static IResourceBuilder<ContainerResource> AddTwiBackup(
        this IDistributedApplicationBuilder builder, string name, JobsImage image, params object[] arguments)
    {
        var container = builder.AddContainer(name, image.Name, image.Tag)
            .WithArgs(arguments)
            .WithContainerRuntimeArgs("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")
            // Nothing can be copied into a root file system that is read-only, and nobody here speaks TLS with a developer's certificate.
            .WithCertificateTrustScope(CertificateTrustScope.None)
            .WithOtlpExporter()
            .PublishAsDockerComposeService((_, service) => ComposeService.Harden(service, image));
        return image.Build is null ? container : container.WaitForCompletion(image.Build);
    }
}
