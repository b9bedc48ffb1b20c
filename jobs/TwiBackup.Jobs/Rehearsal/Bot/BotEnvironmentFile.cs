using System.Globalization;
using TwiBackup.Postgres;

namespace TwiBackup.Rehearsal.Bot;

/// <summary>The bot's <c>.env</c>: lines <c>NAME=value</c>, as far as the stand-in needs it. Holds secrets: mode 0600.</summary>
public static class BotEnvironmentFile
{
    private const string Host = "HOST", Port = "PORT", Database = "DATABASE", User = "DB_USER", Password = "DB_PASSWORD", Ssl = "DB_SSL";

    /// <summary>The lines that say how the database is reached.</summary>
    public static IEnumerable<string> Lines(ConnectionSettings connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return
        [
            $"{Host}={connection.Host}", string.Create(CultureInfo.InvariantCulture, $"{Port}={connection.Port}"), $"{Database}={connection.Database}",
            $"{User}={connection.User}", $"{Password}={connection.Password}", $"{Ssl}={connection.SslMode}",
        ];
    }

    /// <summary>How a file says that the database is reached.</summary>
    /// <exception cref="TwiBackupException">It can't be read, or lacks one of the names; wrong use. Values are never shown.</exception>
    public static ConnectionSettings ReadConnection(string path)
    {
        var values = Read(path);
        return new ConnectionSettings
        {
            Host = Value(Host),
            Port = int.TryParse(Value(Port), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65536
                ? port
                : throw new TwiBackupException(ExitCode.WrongUse, $"{path} has a {Port} that is no port."),
            Database = Value(Database),
            User = Value(User),
            Password = Value(Password),
            SslMode = Value(Ssl),
        };

        string Value(string name) => values.GetValueOrDefault(name) is { Length: > 0 } value
            ? value
            : throw new TwiBackupException(ExitCode.WrongUse, $"{path} does not say {name}, so the bot can't reach its database.");
    }

    private static Dictionary<string, string> Read(string path)
    {
        try
        {
            return File.ReadLines(path)
                .Select(line => line.Trim())
                .Where(line => line.Length > 0 && !line.StartsWith('#') && line.Contains('=', StringComparison.Ordinal))
                .Select(line => line.Split('=', 2))
                .GroupBy(pair => pair[0].Trim(), StringComparer.Ordinal)
                .ToDictionary(same => same.Key, same => same.Last()[1].Trim(), StringComparer.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TwiBackupException(ExitCode.WrongUse, $"The bot's settings {path} can't be read: {e.Message}", e);
        }
    }
}
