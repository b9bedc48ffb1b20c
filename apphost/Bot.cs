using TwiBackup.Rehearsal.Bot;

namespace TwiBackup.AppHost;

/// <summary>
/// The bot: its image (<c>Bot:Image</c>), or its folder with a Dockerfile (<c>Bot:Context</c>), else a stand-in that writes as the bot does
/// and logs what the database acknowledged.
/// </summary>
internal static class Bot
{
    public const string Name = "bot";

    /// <summary>Where the policy's paths begin.</summary>
    public const string FilesFolder = "/app";

    /// <summary>The volume of the stand-in's files.</summary>
    public const string FilesVolume = "twibackup-app";

    /// <summary>The compose profile of the stand-in: it never runs beside a real bot's data unless asked for.</summary>
    private const string Profile = "stand-in";

    public static IResourceBuilder<ContainerResource> AddBot(
        this IDistributedApplicationBuilder builder, Settings settings, JobsImage image, Secrets secrets, IResourceBuilder<PostgresServerResource> postgres)
    {
        if (settings.BotImage is { } given)
            return Real(builder.AddContainer(Name, given), builder, secrets, postgres);
        if (settings.BotContext is { } folder)
            return Real(builder.AddDockerfile(Name, Path.GetFullPath(folder)), builder, secrets, postgres);

        var server = postgres.GetEndpoint("tcp");
        var schema = builder.AddTwiBackup(
                "bot-database", image, "bot", "load", "--if-missing", "--database", Postgres.Database, "--connection", Connection(server, "postgres", "postgres"))
            .WithEnvironment("PGPASSWORD", secrets[Secrets.PostgresPassword])
            .WithEnvironment(Secrets.BotPassword, secrets[Secrets.BotPassword])
            .WaitFor(postgres)
            .PublishAsDockerComposeService((_, service) =>
            {
                service.Profiles = [Profile];
                ComposeService.WaitUntilHealthy(service, postgres.Resource.Name);
            });
        return builder.AddTwiBackup(
                Name, image, "bot", "run", "--acks", "/var/lib/twibackup/acknowledged.log", "--connection", Connection(server, BotSchema.DefaultRole, Postgres.Database))
            .WithEnvironment("PGPASSWORD", secrets[Secrets.BotPassword])
            .WithVolume("twibackup-bot", "/var/lib/twibackup")
            .WaitForCompletion(schema)
            .WithIconName("Bot")
            .PublishAsDockerComposeService((_, service) =>
            {
                service.Profiles = [Profile];
                service.Restart = "unless-stopped";
            });
    }

    /// <summary>The stand-in's configuration, repository and logs, made once.</summary>
    public static IResourceBuilder<ContainerResource> AddStandInFiles(this IDistributedApplicationBuilder builder, JobsImage image)
    {
        var script = File.ReadAllText(Path.Combine(builder.AppHostDirectory, "bot", "files.sh"));
        var files = builder.AddContainer("bot-files", image.Name, image.Tag)
            .WithEntrypoint("/bin/sh")
            .WithArgs("-c", script)
            .WithEnvironment("HOME", "/tmp")
            .WithVolume(FilesVolume, FilesFolder)
            .WithCertificateTrustScope(CertificateTrustScope.None);
        return image.Build is null ? files : files.WaitForCompletion(image.Build);
    }

    /// <summary>libpq's keywords; the password comes by the environment.</summary>
    public static ReferenceExpression Connection(EndpointReference server, string user, string database) => ReferenceExpression.Create(
        $"host={server.Property(EndpointProperty.Host)} port={server.Property(EndpointProperty.Port)} user={user} dbname={database}");

    /// <summary>The variables that the bot reads; its token is asked for, and must not be the production bot's.</summary>
    private static IResourceBuilder<ContainerResource> Real(
        IResourceBuilder<ContainerResource> bot, IDistributedApplicationBuilder builder, Secrets secrets, IResourceBuilder<PostgresServerResource> postgres)
    {
        var server = postgres.GetEndpoint("tcp");
        return bot
            .WithEnvironment("HOST", server.Property(EndpointProperty.Host))
            .WithEnvironment("PORT", server.Property(EndpointProperty.Port))
            // The bot's pool knows the port by this one only.
            .WithEnvironment("PGPORT", server.Property(EndpointProperty.Port))
            .WithEnvironment("DATABASE", Postgres.Database)
            .WithEnvironment("DB_USER", BotSchema.DefaultRole)
            .WithEnvironment("DB_PASSWORD", secrets[Secrets.BotPassword])
            .WithEnvironment("DB_SSL", "disable")
            .WithEnvironment("ENVIRONMENT", builder.ExecutionContext.IsRunMode ? "staging" : "production")
            .WithEnvironment("BOT_TOKEN", builder.AddParameter("bot-token", secret: true))
            .WaitFor(postgres)
            .WithIconName("Bot")
            .PublishAsDockerComposeService((_, service) =>
            {
                service.Restart = "unless-stopped";
                ComposeService.WaitUntilHealthy(service, postgres.Resource.Name);
            });
    }
}
