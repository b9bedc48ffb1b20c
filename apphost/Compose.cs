using Aspire.Hosting.Docker;

namespace TwiBackup.AppHost;

/// <summary>compose.yaml and .env.example beside it, as <c>aspire publish</c> writes them.</summary>
internal static class Compose
{
    /// <summary>What .env.example says of each variable.</summary>
    private static readonly Dictionary<string, string> Meanings = new(StringComparer.Ordinal)
    {
        ["APP_FOLDER"] = "The bot's folder on this machine, where the policy's /app is; empty: the one of compose.yaml",
        [Secrets.AccessKey] = "Of the store; empty where the machine has a role",
        [Secrets.SecretKey] = "Of the store; empty where the machine has a role",
        [Secrets.Discord] = "Optional: where failures are told",
        [Secrets.Ping] = "Optional: a dead man's switch",
        [Secrets.PostgresPassword] = "Of the superuser; taken when the database is made",
        [Secrets.BotPassword] = "Of the bot's role; taken when the database is made",
        [Secrets.DatabasePassword] = "Of the role that backs up; taken when the database is made",
        [Secrets.Recipients] = "age1…, from: twibackup key generate",
        [Secrets.Trusted] = "RW…, the writer's public key",
        [Secrets.SigningKey] = "The writer's secret key: the two lines of signing.key within double quotes",
        [Secrets.TrustedVerifiers] = "RW…, the verifier's public key",
        [Secrets.VerifierKey] = "The verifier's secret key, for verifications that run here",
        [Secrets.Identity] = "AGE-SECRET-KEY-1…, which opens every backup, for verifications that run here. Keep a copy where the backups are not",
    };

    public static void AddCompose(this IDistributedApplicationBuilder builder) => builder
        .AddDockerComposeEnvironment("compose")
        .WithDashboard(false)
        .WithProperties(environment => environment.DefaultNetworkName = "twibackup")
        .ConfigureComposeFile(file => file.Name = "twibackup")
        .ConfigureEnvFile(variables =>
        {
            variables["APP_FOLDER"] = new CapturedEnvironmentVariable { Name = "APP_FOLDER" };
            foreach (var (name, variable) in variables)
                variable.Description = Meanings.GetValueOrDefault(name, variable.Description ?? "");
        });
}
