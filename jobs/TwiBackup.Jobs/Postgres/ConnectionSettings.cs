namespace TwiBackup.Postgres;

/// <summary>
/// Where and as whom to connect, as libpq understands it
/// (<see href="https://www.postgresql.org/docs/current/libpq-connect.html">connection strings and parameters</see>).
/// <see cref="ToString"/> never shows the password.
/// </summary>
public sealed record ConnectionSettings
{
    /// <summary>Host name, address, or the folder of a Unix socket (begins with <c>/</c>, or <c>@</c> for the abstract
    /// namespace).</summary>
    public required string Host { get; init; }

    /// <summary>The address to connect to instead of looking <see cref="Host"/> up; the certificate is still held against
    /// <see cref="Host"/>.</summary>
    public string? HostAddress { get; init; }

    /// <summary>1 to 65535; for a Unix socket the number in its file name.</summary>
    public int Port { get; init; } = 5432;

    public required string User { get; init; }

    public string Database { get; init; } = "postgres";

    /// <summary>Null: looked up in the passfile, else none.</summary>
    public string? Password { get; init; }

    /// <summary>The password file; null: none is read. <see cref="Parse"/> sets <c>~/.pgpass</c> where nothing else is said.</summary>
    public string? PassFile { get; init; }

    /// <summary>disable, allow, prefer, require, verify-ca, verify-full. Means nothing on a Unix socket.</summary>
    public string SslMode { get; init; } = "prefer";

    /// <summary>PEM file of the authorities to trust, or <c>system</c>. When set, <c>require</c> means <c>verify-ca</c>, as with
    /// libpq.</summary>
    public string? SslRootCert { get; init; }

    /// <summary>PEM file of the client's certificate and its chain.</summary>
    public string? SslCert { get; init; }

    /// <summary>PEM file of the client's key, not encrypted, mode 0600 (0640 when root owns it).</summary>
    public string? SslKey { get; init; }

    /// <summary>disable, prefer, require.</summary>
    public string ChannelBinding { get; init; } = "prefer";

    public string ApplicationName { get; init; } = "twibackup";

    /// <summary>For one address, from the connect to the end of authentication. <see cref="Timeout.InfiniteTimeSpan"/>: none.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether a server that asks for the password in the clear gets it without TLS, or when its certificate was not verified. Off: refused.</summary>
    public bool AllowCleartextPassword { get; init; }

    /// <summary>Whether the password may be sent as it is: to the machine itself, to whom a certificate proves, or to anybody when told to.</summary>
    internal bool MaySendPassword =>
        AllowCleartextPassword || IsUnixSocket || SslMode is "verify-ca" or "verify-full" || (SslMode == "require" && SslRootCert is not null);

    /// <summary>Whether <see cref="Host"/> is the folder of a Unix socket.</summary>
    public bool IsUnixSocket => Host.StartsWith('/') || Host.StartsWith('@');

    /// <summary>The Unix socket's path, <c>Host/.s.PGSQL.Port</c>.</summary>
    public string UnixSocketPath => $"{Host}/.s.PGSQL.{Port}";

    /// <summary>
    /// Reads a URI (<c>postgresql://user@host:port/db?sslmode=…</c>) or keywords (<c>host=… port=…</c>);
    /// what is not said comes from the libpq environment (PGHOST, PGPORT, PGUSER, PGPASSWORD, PGPASSFILE, PGSSLMODE, …) given,
    /// then from libpq's defaults (<c>~/.pgpass</c>, <c>~/.postgresql/root.crt</c>, <c>postgresql.crt</c>, <c>postgresql.key</c>).
    /// Throws <see cref="TwiBackupException"/> with exit code <see cref="ExitCode.WrongUse"/>.
    /// </summary>
    public static ConnectionSettings Parse(string text, IReadOnlyDictionary<string, string> environment) =>
        ConnectionKeywords.ToSettings(ConnectionText.Read(text), environment);

    /// <summary>
    /// The password to use: <see cref="Password"/>, else the first line of <see cref="PassFile"/> that fits, else null.
    /// Throws <see cref="TwiBackupException"/> when others may read the file.
    /// </summary>
    public string? FindPassword(params ReadOnlySpan<string> databases)
    {
        if (Password is not null || PassFile is null)
            return Password;
        foreach (var database in databases)
        {
            if (PasswordFile.Find(PassFile, Host, Port, database, User) is { } found)
                return found;
        }
        return null;
    }

    public override string ToString() => $"{User}@{Host}:{Port}/{Database}";
}
