using Npgsql;
using TwiBackup.Postgres;

namespace TwiBackup.Rehearsal.Bot;

/// <summary>Npgsql data sources for the stand-in, made so that native compilation needs no reflection.</summary>
public static class BotDataSource
{
    private const int CommandSeconds = 30;

    /// <summary>
    /// A data source without a pool: each caller owns its connection, and after a lost server nobody is handed a stale one.
    /// The session shows no server notices and commits synchronously, whatever the server's default is.
    /// </summary>
    /// <param name="settings">Where and as whom.</param>
    /// <param name="commandTimeout">How long one command may take; 30 s when null, no limit when zero.</param>
    public static NpgsqlDataSource Create(ConnectionSettings settings, TimeSpan? commandTimeout = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var text = new NpgsqlConnectionStringBuilder
        {
            Host = settings.HostAddress ?? settings.Host,
            Port = settings.Port,
            Username = settings.User,
            Database = settings.Database,
            Password = settings.FindPassword(settings.Database),
            ApplicationName = settings.ApplicationName,
            Timeout = (int)Math.Ceiling(settings.ConnectTimeout.TotalSeconds),
            CommandTimeout = commandTimeout is { } given ? (int)Math.Ceiling(given.TotalSeconds) : CommandSeconds,
            SslMode = ReadSslMode(settings.SslMode),
            RootCertificate = settings.SslRootCert,
            SslCertificate = settings.SslCert,
            SslKey = settings.SslKey,
            Pooling = false,
            Enlist = false,
            Options = "-c client_min_messages=warning -c synchronous_commit=on",
        };
        return new NpgsqlSlimDataSourceBuilder(text.ConnectionString).EnableTransportSecurity().Build();
    }

    private static SslMode ReadSslMode(string text) => text switch
    {
        "disable" => SslMode.Disable,
        "allow" => SslMode.Allow,
        "prefer" => SslMode.Prefer,
        "require" => SslMode.Require,
        "verify-ca" => SslMode.VerifyCA,
        "verify-full" => SslMode.VerifyFull,
        _ => throw new TwiBackupException(
            ExitCode.WrongUse,
            $"sslmode '{text}' is not known; use disable, allow, prefer, require, verify-ca or verify-full."),
    };
}
