using System.Net.Sockets;
using Npgsql;
using TwiBackup.Postgres.Replication;

namespace TwiBackup.Postgres;

/// <summary>Opens connections for ordinary queries, by the same <see cref="ConnectionSettings"/> as replication.</summary>
public static class QueryConnection
{
    /// <summary>An open connection without a pool, which the caller disposes. Throws one line when it cannot be opened.</summary>
    public static async Task<NpgsqlConnection> OpenAsync(ConnectionSettings settings, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(ToConnectionString(settings));
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch (Exception e)
        {
            await connection.DisposeAsync();
            switch (e)
            {
                case PostgresException refused:
                    throw ServerErrors.AtStartup(new ServerReport("FATAL", refused.SqlState, refused.MessageText.ReplaceLineEndings(" "
                        + ""), null, refused.Hint), settings);
                case NpgsqlException or SocketException or IOException or TimeoutException:
                    var cause = e.InnerException ?? e;
                    throw new TwiBackupException($"PostgreSQL at {settings} cannot be reached: "
                        + $"{cause.Message.ReplaceLineEndings(" ").TrimEnd('.')}. Check host, port, TLS and password.", e);
                default:
                    throw;
            }
        }
    }

    internal static string ToConnectionString(ConnectionSettings settings)
    {
        var builder = new NpgsqlConnectionStringBuilder
        {
            // There is no hostaddr: the name is needed where the certificate is held against it, and only there.
            Host = settings.SslMode == "verify-full" ? settings.Host : settings.HostAddress ?? settings.Host,
            Port = settings.Port,
            Username = settings.User,
            Database = settings.Database,
            Password = settings.FindPassword(settings.Database),
            ApplicationName = settings.ApplicationName,
            Pooling = false,
            Timeout = settings.ConnectTimeout > TimeSpan.Zero ? (int)Math.Ceiling(settings.ConnectTimeout.TotalSeconds) : 0,
            CommandTimeout = 0,
            GssEncryptionMode = GssEncryptionMode.Disable,
            SslMode = settings.IsUnixSocket ? Npgsql.SslMode.Disable : settings.SslMode switch
            {
                "disable" => Npgsql.SslMode.Disable,
                "allow" => Npgsql.SslMode.Allow,
                "prefer" => Npgsql.SslMode.Prefer,
                "require" => settings.SslRootCert is null ? Npgsql.SslMode.Require : Npgsql.SslMode.VerifyCA,
                "verify-ca" => Npgsql.SslMode.VerifyCA,
                _ => Npgsql.SslMode.VerifyFull,
            },
            ChannelBinding = settings.ChannelBinding switch
            {
                "disable" => Npgsql.ChannelBinding.Disable,
                "require" => Npgsql.ChannelBinding.Require,
                _ => Npgsql.ChannelBinding.Prefer,
            },
        };
        if (!settings.MaySendPassword)
            builder.RequireAuth = "!Password";
        if (settings.SslRootCert is not (null or "system"))
            builder.RootCertificate = settings.SslRootCert;
        if (settings.SslCert is not null)
        {
            builder.SslCertificate = settings.SslCert;
            builder.SslKey = settings.SslKey;
        }
        return builder.ConnectionString;
    }
}
