using Microsoft.Extensions.Configuration;

namespace TwiBackup.AppHost;

/// <summary>
/// What can be chosen: in appsettings.json, user secrets, variables (<c>Postgres__Version</c>) or arguments (<c>--Postgres:Version=18.1</c>).
/// </summary>
internal sealed record Settings
{
    /// <summary>Tag of PostgreSQL's own image.</summary>
    public required string PostgresVersion { get; init; }

    /// <summary>Tag of SeaweedFS's image; older ones had trouble with the checksums that new SDKs send in multipart uploads.</summary>
    public required string SeaweedVersion { get; init; }

    /// <summary>The bot's image. Null: <see cref="BotContext"/>, else the stand-in.</summary>
    public string? BotImage { get; init; }

    /// <summary>A folder with the bot's Dockerfile.</summary>
    public string? BotContext { get; init; }

    /// <summary>The folder with the bot's configuration, repository and logs. Null: a stand-in's.</summary>
    public string? BotFiles { get; init; }

    /// <summary>The jobs' image. Null: it is built from jobs/Dockerfile.</summary>
    public string? JobsImage { get; init; }

    /// <summary>PostgreSQL's major version.</summary>
    public string PostgresMajor => PostgresVersion.Split('.', '-')[0];

    public static Settings Of(IDistributedApplicationBuilder builder)
    {
        var configuration = builder.Configuration;
        return new Settings
        {
            PostgresVersion = Given("Postgres:Version") ?? "17.6",
            SeaweedVersion = Given("Store:Version") ?? "4.44",
            BotImage = Given("Bot:Image"),
            BotContext = Given("Bot:Context"),
            BotFiles = Given("Bot:Files"),
            JobsImage = Given("Jobs:Image"),
        };

        string? Given(string key) => configuration[key] is { Length: > 0 } value ? value : null;
    }
}
