using System.Globalization;

namespace TwiBackup.Postgres;

/// <summary>
/// What libpq's keywords mean here
/// (<see href="https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS">34.1.2</see>):
/// used, harmless and passed over, or refused because passing them over would weaken or redirect the connection.
/// </summary>
internal static class ConnectionKeywords
{
    private static readonly (string Keyword, string Variable)[] _used =
    [
        ("host", "PGHOST"), ("hostaddr", "PGHOSTADDR"), ("port", "PGPORT"), ("user", "PGUSER"), ("dbname", "PGDATABASE"),
        ("password", "PGPASSWORD"), ("passfile", "PGPASSFILE"), ("sslmode", "PGSSLMODE"), ("sslrootcert", "PGSSLROOTCERT"),
        ("sslcert", "PGSSLCERT"), ("sslkey", "PGSSLKEY"), ("channel_binding", "PGCHANNELBINDING"),
        ("application_name", "PGAPPNAME"), ("connect_timeout", "PGCONNECT_TIMEOUT"),
    ];

    private static readonly string[] _harmless =
    [
        "client_encoding", "fallback_application_name", "gssdelegation", "gsslib", "keepalives", "keepalives_count", "keepalives_idle",
        "keepalives_interval", "krbsrvname", "load_balance_hosts", "replication", "sslcertmode", "sslcompression", "sslsni",
        "tcp_user_timeout",
    ];

    // Each with the values that ask for nothing, so that they may stand there.
    private static readonly Dictionary<string, string[]> _refused = new(StringComparer.Ordinal)
    {
        ["service"] = [],
        ["servicefile"] = [],
        ["options"] = [""],
        ["gssencmode"] = ["disable", "prefer"],
        ["target_session_attrs"] = ["any", "read-write", "primary"],
        ["require_auth"] = [""],
        ["requirepeer"] = [""],
        ["requiressl"] = ["0"],
        ["sslcrl"] = [""],
        ["sslcrldir"] = [""],
        ["sslkeylogfile"] = [""],
        ["sslnegotiation"] = ["postgres"],
        ["sslpassword"] = [""],
        ["ssl_min_protocol_version"] = ["", "TLSv1.2"],
        ["ssl_max_protocol_version"] = ["", "TLSv1.3"],
    };

    public static ConnectionSettings ToSettings(Dictionary<string, string> given, IReadOnlyDictionary<string, string> environment)
    {
        foreach (var (keyword, value) in given)
            Check(keyword, value);
        if (environment.ContainsKey("PGSERVICE") && given.Count == 0)
            throw Wrong("PGSERVICE is set, and service files are not read here", "Write the connection out: host=… port=… user=… "
                + "dbname=….");

        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (keyword, variable) in _used)
        {
            if ((given.TryGetValue(keyword, out var value) || environment.TryGetValue(variable, out value)) && value.Length > 0)
                values[keyword] = value;
        }

        var home = environment.GetValueOrDefault("HOME");
        var user = values.GetValueOrDefault("user") ?? environment.GetValueOrDefault("USER") ?? Environment.UserName;
        return new ConnectionSettings
        {
            Host = Single("host", values.GetValueOrDefault("host") ?? values.GetValueOrDefault("hostaddr") ?? DefaultHost()),
            HostAddress = values.GetValueOrDefault("hostaddr") is { } address ? Single("hostaddr", address) : null,
            Port = Number("port", values.GetValueOrDefault("port") ?? "5432", 1, 65535),
            User = user,
            // libpq would take the user's name; a backup's role has no database of its own.
            Database = values.GetValueOrDefault("dbname") ?? "postgres",
            Password = values.GetValueOrDefault("password"),
            PassFile = values.GetValueOrDefault("passfile") ?? (home is null ? null : Path.Combine(home, ".pgpass")),
            SslMode = OneOf(
                "sslmode", values.GetValueOrDefault("sslmode") ?? "prefer", "disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
            SslRootCert = values.GetValueOrDefault("sslrootcert") ?? InHome(home, "root.crt"),
            SslCert = values.GetValueOrDefault("sslcert") ?? InHome(home, "postgresql.crt"),
            SslKey = values.GetValueOrDefault("sslkey") ?? InHome(home, "postgresql.key"),
            ChannelBinding = OneOf(
                "channel_binding", values.GetValueOrDefault("channel_binding") ?? "prefer", "disable", "prefer", "require"),
            ApplicationName = values.GetValueOrDefault("application_name") ?? "twibackup",
            ConnectTimeout = Seconds(Number("connect_timeout", values.GetValueOrDefault("connect_timeout") ?? "10", -1, 86400)),
        };
    }

    private static void Check(string keyword, string value)
    {
        if (Array.Exists(_used, used => used.Keyword == keyword) || Array.IndexOf(_harmless, keyword) >= 0)
            return;
        if (keyword is "service" or "servicefile")
            throw Wrong($"{keyword} is set, and service files are not read here", "Write the connection out: host=… port=… user=… "
                + "dbname=….");
        if (_refused.TryGetValue(keyword, out var harmless))
        {
            if (Array.IndexOf(harmless, value) >= 0)
                return;
            throw Wrong($"its keyword {keyword} is not supported", "Leave it out.");
        }
        var near = _used.Select(used => used.Keyword).Concat(_harmless).Concat(_refused.Keys).MinBy(known => EditDistance(keyword, known))!;
        throw Wrong($"\"{keyword}\" is not a keyword of libpq", $"Did you mean {near}?");
    }

    // libpq counts 1 second as 2, and zero or less as none.
    private static TimeSpan Seconds(int seconds) => seconds <= 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(Math.Max(2, seconds));

    private static string DefaultHost() =>
        Array.Find(["/var/run/postgresql", "/tmp"], folder => File.Exists(Path.Combine(folder, ".s.PGSQL.5432")))
        ?? (Directory.Exists("/var/run/postgresql") ? "/var/run/postgresql" : "localhost");

    private static string? InHome(string? home, string name)
    {
        var path = home is null ? null : Path.Combine(home, ".postgresql", name);
        return File.Exists(path) ? path : null;
    }

    private static string Single(string keyword, string value) =>
        value.Contains(',', StringComparison.Ordinal)
            ? throw Wrong($"{keyword} names several servers", "A backup is of one server: name the primary alone.")
            : value;

    private static int Number(string keyword, string value, int from, int to) =>
        int.TryParse(value.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number >= from && number <= to
            ? number
            : throw Wrong($"{keyword} is \"{value}\"", $"Write a number from {from} to {to}.");

    private static string OneOf(string keyword, string value, params string[] known) =>
        Array.IndexOf(known, value) >= 0 ? value : throw Wrong($"{keyword} is \"{value}\"", $"Write one of {string.Join(", ", known)}.");

    private static int EditDistance(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var cost = left[i - 1] == right[j - 1] ? diagonal : diagonal + 1;
                diagonal = row[j];
                row[j] = Math.Min(cost, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[^1];
    }

    private static TwiBackupException Wrong(string what, string remedy) =>
        new(ExitCode.WrongUse, $"The connection to PostgreSQL is described wrongly: {what}. {remedy}");
}
