using System.Globalization;

namespace TwiBackup.Postgres;

/// <summary>
/// The environment by which PostgreSQL's tools connect as <see cref="ConnectionSettings"/> say
/// (<see href="https://www.postgresql.org/docs/current/libpq-envars.html">34.15</see>): the password goes through a password file of mode
/// 0600,
/// which disposing deletes.
/// </summary>
public sealed class ToolEnvironment : IDisposable
{
    private readonly SecretFile? _passFile;

    private ToolEnvironment(Dictionary<string, string?> variables, SecretFile? passFile)
    {
        Variables = variables;
        _passFile = passFile;
    }

    /// <summary>For <see cref="ChildProcessOptions.Environment"/>.</summary>
    public IReadOnlyDictionary<string, string?> Variables { get; }

    /// <param name="settings">Where to connect.</param>
    /// <param name="account">Whom the tool runs as, when not as ourselves: the password file is theirs.</param>
    public static ToolEnvironment For(ConnectionSettings settings, ServerAccount? account = null)
    {
        var variables = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["PGHOST"] = settings.Host,
            ["PGPORT"] = settings.Port.ToString(CultureInfo.InvariantCulture),
            ["PGUSER"] = settings.User,
            ["PGDATABASE"] = settings.Database,
            ["PGSSLMODE"] = settings.SslMode,
            ["PGCHANNELBINDING"] = settings.ChannelBinding,
            ["PGAPPNAME"] = settings.ApplicationName,
            ["PGGSSENCMODE"] = "disable",
        };
        // Libraries before PostgreSQL 16 pass it over.
        if (!settings.MaySendPassword)
            variables["PGREQUIREAUTH"] = "!password";
        if (settings.ConnectTimeout > TimeSpan.Zero)
            variables["PGCONNECT_TIMEOUT"] = Math.Ceiling(settings.ConnectTimeout.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        Put("PGHOSTADDR", settings.HostAddress);
        Put("PGSSLROOTCERT", settings.SslRootCert);
        Put("PGSSLCERT", settings.SslCert);
        Put("PGSSLKEY", settings.SslKey);

        var password = settings.FindPassword(settings.Database);
        if (password is null)
        {
            variables["PGPASSFILE"] = "/dev/null";
            return new ToolEnvironment(variables, passFile: null);
        }
        var file = new SecretFile(PasswordFile.LineFor(settings.User, password), account);
        variables["PGPASSFILE"] = file.Path;
        return new ToolEnvironment(variables, file);

        void Put(string name, string? value)
        {
            if (value is not null)
                variables[name] = value;
        }
    }

    public void Dispose() => _passFile?.Dispose();
}
