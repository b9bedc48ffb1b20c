using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Docker.Resources.ServiceNodes;
using TwiBackup.Rehearsal.Bot;

namespace TwiBackup.AppHost;

/// <summary>The bot's database server: PostgreSQL's own image with WAL that can be streamed, and the roles of bot and jobs.</summary>
internal static class Postgres
{
    /// <summary>The role that backs up.</summary>
    public const string BackupRole = "twibackup";

    /// <summary>The bot's database, as twibackup.json names it.</summary>
    public const string Database = "twi_bot_shard";

    /// <summary>Where the volume is mounted: not where the image has it, which moved with version 18.</summary>
    public const string VolumeFolder = "/var/lib/postgres";

    public const string DataFolder = VolumeFolder + "/data";

    /// <summary>The volume with the data directory.</summary>
    public const string Volume = "twibackup-postgres";

    private const string ScriptFolder = "/docker-entrypoint-initdb.d";

    /// <summary>A receiver that is away costs disk, and not all of it.</summary>
    private static readonly string[] WalSettings =
        ["-c", "wal_level=replica", "-c", "max_wal_senders=10", "-c", "max_replication_slots=10", "-c", "max_slot_wal_keep_size=8GB"];

    public static IResourceBuilder<PostgresServerResource> AddBotPostgres(
        this IDistributedApplicationBuilder builder, Settings settings, Secrets secrets)
    {
        var postgres = builder.AddPostgres("postgres", password: secrets[Secrets.PostgresPassword])
            .WithImageTag(settings.PostgresVersion)
            .WithArgs(WalSettings)
            .WithVolume(Volume, VolumeFolder)
            .WithEnvironment("PGDATA", DataFolder)
            .WithEnvironment("BACKUP_ROLE", BackupRole)
            .WithEnvironment("BOT_ROLE", BotSchema.DefaultRole)
            .WithEnvironment("BOT_DATABASE", Database)
            .WithEnvironment(Secrets.DatabasePassword, secrets[Secrets.DatabasePassword])
            .WithEnvironment(Secrets.BotPassword, secrets[Secrets.BotPassword])
            .WithPgAdmin(admin => admin.WithExplicitStart())
            .PublishAsDockerComposeService((_, service) =>
            {
                service.Restart = "unless-stopped";
                // The server stops cleanly within a checkpoint.
                service.StopGracePeriod = "1m";
                service.AddVolume(ComposeService.Bind("./apphost/postgres", ScriptFolder));
                service.Healthcheck = ComposeService.Check("1m", "CMD", "pg_isready", "--username=postgres", $"--dbname={Database}");
            });
        return builder.ExecutionContext.IsRunMode ? postgres.WithInitFiles("postgres") : postgres;
    }
}
