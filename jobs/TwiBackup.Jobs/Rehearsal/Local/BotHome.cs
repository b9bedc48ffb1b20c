using System.Globalization;
using System.Security.Cryptography;
using TwiBackup.Files;
using TwiBackup.Policy;
using TwiBackup.Postgres;
using TwiBackup.Rehearsal.Bot;

namespace TwiBackup.Rehearsal.Local;

/// <summary>
/// What the bot has on its host beside the database: a checkout of its code (branches staging and production, no main), configuration that
/// git does not know, and logs.
/// </summary>
internal sealed class BotHome(string folder, ServerAccount account)
{
    private const UnixFileMode PrivateFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode PublicFile = PrivateFile | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private static readonly (string Name, UnixFileMode Mode)[] Certificates =
        [("server-ca.pem", PublicFile), ("client-cert.pem", PublicFile), ("client-key.pem", PrivateFile)];

    /// <summary>The checkout.</summary>
    public string Folder => folder;

    /// <summary>How the bot reaches its database, and its token.</summary>
    public string EnvironmentFile => Path.Combine(folder, ".env");

    /// <summary>What the configuration backup takes; the last two the bot does not have, and their absence is no failure.</summary>
    public IReadOnlyList<ConfigurationPath> ConfigurationPaths =>
    [
        new(EnvironmentFile), new(Path.Combine(folder, "ssl-cert")), new(Path.Combine(folder, "docker-compose.yml")),
        new(Path.Combine(folder, "prometheus.yml"), Required: false), new(Path.Combine(folder, "alertmanager.yml"), Required: false),
    ];

    /// <summary>What the log archive takes.</summary>
    public IReadOnlyList<string> LogPaths => [Path.Combine(Logs, "*.log.*")];

    private string Logs => Path.Combine(folder, "logs");

    /// <summary>Makes all of it. The token is none: nothing here can reach Discord.</summary>
    public async Task MakeAsync(ConnectionSettings bot, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        using (var repository = new BotRepository(folder))
            await repository.MakeAsync(cancellationToken);
        Write(".env", PrivateFile, [$"BOT_TOKEN=rehearsal-{RandomNumberGenerator.GetHexString(24)}", .. BotEnvironmentFile.Lines(bot), "ENVIRONMENT=production"]);
        Write("docker-compose.yml", PublicFile, ["services:", "  bot:", "    image: cognita:rehearsal", "    env_file: .env"]);
        Directory.CreateDirectory(Path.Combine(folder, "ssl-cert"));
        foreach (var (name, mode) in Certificates)
            Write($"ssl-cert/{name}", mode, ["-----BEGIN REHEARSAL-----", Convert.ToBase64String(RandomNumberGenerator.GetBytes(256)), "-----END REHEARSAL-----"]);
        Directory.CreateDirectory(Logs);
        Write("logs/bot.log", PublicFile, ["still written"]);
        Rotate(1);
        account.ChownTree(folder);
    }

    /// <summary>Work that goes on: a commit, a changed setting, a rotated log.</summary>
    public async Task ChangeAsync(int number, CancellationToken cancellationToken)
    {
        using (var repository = new BotRepository(folder))
            await repository.CommitAsync(number, cancellationToken);
        File.AppendAllText(EnvironmentFile, string.Create(CultureInfo.InvariantCulture, $"CHANGE_{number}=yes\n"));
        Rotate(number + 1);
        account.ChownTree(folder);
    }

    /// <summary>The refs, by name, with what they point at; and the branch that is checked out.</summary>
    public async Task<IReadOnlyDictionary<string, string>> RefsAsync(CancellationToken cancellationToken)
    {
        using var repository = new BotRepository(folder);
        return await repository.RefsAsync(cancellationToken);
    }

    /// <summary>Configuration as it is: name, mode, owner and content of each, as one text a file.</summary>
    public IReadOnlyDictionary<string, string> Configuration() => Describe(
        [EnvironmentFile, Path.Combine(folder, "docker-compose.yml"), .. Certificates.Select(c => Path.Combine(folder, "ssl-cert", c.Name))]);

    /// <summary>Rotated logs, the same way.</summary>
    public IReadOnlyDictionary<string, string> RotatedLogs() =>
        Describe(Directory.Exists(Logs) ? Directory.GetFiles(Logs).Where(LogName.IsRotated).Order(StringComparer.Ordinal) : []);

    private void Rotate(int number)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"logs/bot.log.{number}");
        Write(name, PublicFile, Enumerable.Range(0, 200).Select(i => $"[INFO    ] rehearsal: {Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24))} :{i}"));
        // Rotated a while ago: what was written to just now is taken for a log in use.
        File.SetLastWriteTimeUtc(Path.Combine(folder, name), DateTime.UtcNow.AddMinutes(-5));
    }

    private void Write(string name, UnixFileMode mode, IEnumerable<string> lines)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, string.Join('\n', lines) + "\n");
        File.SetUnixFileMode(path, mode);
    }

    private Dictionary<string, string> Describe(IEnumerable<string> paths)
    {
        var described = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in paths)
        {
            described[Path.GetRelativePath(folder, path)] = FileCalls.Facts(path) is { } facts
                ? $"{Convert.ToString(facts.Mode & 0xfff, 8)} {facts.UserId}:{facts.GroupId} {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)))}"
                : "missing";
        }

        return described;
    }
}
