using System.Globalization;
using Npgsql;
using TwiBackup.Policy.SystemChecks;
using TwiBackup.Postgres;

namespace TwiBackup.Verification.Live;

/// <summary>
/// Whether the application itself could work: logs in with the password of its own <c>.env</c>, over the network as it does, reads, writes,
/// creates and calls. All of it is undone.
/// </summary>
internal sealed class LoginChecks(LoginPolicy policy, EnvironmentChecks environment) : IAsyncDisposable
{
    private readonly LiveDatabase database = new(() => Settings(policy, environment.Read()));

    public IEnumerable<SystemCheck> All()
    {
        const string section = "verification.system.login";
        yield return new("login/connect", ConnectAsync);
        yield return policy.Writes.Count == 0 ? SystemCheck.NotConfigured("login/reads-and-writes", $"{section}.writes") : new("login/reads-and-writes", WriteAsync);
        yield return policy.Creates is { } schema
            ? new("login/creates", cancellationToken => CreateAsync(schema, cancellationToken))
            : SystemCheck.NotConfigured("login/creates", $"{section}.creates");
        yield return policy.Calls.Count == 0 ? SystemCheck.NotConfigured("login/calls", $"{section}.calls") : new("login/calls", CallAsync);
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    /// <summary>How the application connects, by its variables. Throws one line that shows none of them.</summary>
    internal static ConnectionSettings Settings(LoginPolicy policy, VariablesFile variables)
    {
        var none = new Dictionary<string, string>();
        var url = policy.Url is null ? null : variables.FindAny(policy.Url);
        var settings = url is not null ? ConnectionSettings.Parse(WithoutDriver(url), none) : new ConnectionSettings
        {
            Host = Need(policy.Host, "host"),
            User = Need(policy.User, "user"),
            Password = policy.Password is null ? null : variables.FindAny(policy.Password),
            Database = Need(policy.Database, "database"),
        };
        if (policy.Port is { } names)
            settings = settings with { Port = variables.FindAny(names) is { } port ? Number(port) : new ConnectionSettings { Host = "", User = "" }.Port };
        // The passfile and certificates of whoever runs this are not the application's.
        return settings with { PassFile = null, SslCert = null, SslKey = null, ApplicationName = "twibackup_verify" };

        string Need(string? names, string part) => (names is null ? null : variables.FindAny(names))
            ?? throw new TwiBackupException(
                $"The application's file of variables does not say the {part} that it logs in to: {names ?? policy.Url} is missing or empty.");

        int Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65536
            ? port
            : throw new TwiBackupException($"{policy.Port} in the application's file of variables is no port.");
    }

    private async Task<Answer> ConnectAsync(CancellationToken cancellationToken)
    {
        var connection = await database.OpenAsync(cancellationToken);
        var isRemote = await connection.AskAsync<bool>("select inet_server_addr() is not null", cancellationToken);
        return Answer.Good($"{database.Settings} with the password of the application{(isRemote ? ", over TCP" : "")}");
    }

    private async Task<Answer> WriteAsync(CancellationToken cancellationToken)
    {
        foreach (var table in policy.Writes)
        {
            var told = await database.UndoneAsync(readOnly: false, connection => InsertAsync(connection, table, cancellationToken), cancellationToken);
            if (told is not null)
                return Answer.Bad(told);
        }

        return Answer.Good($"{string.Join(", ", policy.Writes)}; undone");
    }

    /// <summary>
    /// Inserts a row that is there already, unless that conflicts: every right and trigger of an insert is needed, and no value has to be
    /// made up. Null: it works.
    /// </summary>
    private static async Task<string?> InsertAsync(NpgsqlConnection connection, string table, CancellationToken cancellationToken)
    {
        var columns = await connection.AskAsync<string>(
            """
            select string_agg(format('%I', attname), ', ' order by attnum) from pg_attribute
            where attrelid = to_regclass($1) and attnum > 0 and not attisdropped and attgenerated = ''
            """,
            cancellationToken, table);
        if (columns is null)
            return $"{table} is not there";
        try
        {
            await connection.RunAsync(
                $"insert into {table} ({columns}) overriding system value select {columns} from {table} limit 1 on conflict do nothing", cancellationToken);
            return null;
        }
        catch (PostgresException e)
        {
            return $"{table}: {e.MessageText}";
        }
    }

    private Task<Answer> CreateAsync(string schema, CancellationToken cancellationToken) => database.UndoneAsync(
        readOnly: false,
        async connection =>
        {
            await connection.RunAsync($"create table {schema}.twibackup_{Guid.NewGuid():N} (id integer)", cancellationToken);
            return Answer.Good($"a table in {schema}; undone");
        },
        cancellationToken);

    private async Task<Answer> CallAsync(CancellationToken cancellationToken)
    {
        foreach (var function in policy.Calls)
        {
            await database.UndoneAsync(
                readOnly: false, connection => connection.RunAsync($"select {function}()", cancellationToken), cancellationToken);
        }

        return Answer.Good($"{string.Join(", ", policy.Calls)}; undone");
    }

    // SQLAlchemy's spelling, postgresql+asyncpg://
    private static string WithoutDriver(string url)
    {
        var scheme = url.IndexOf("://", StringComparison.Ordinal);
        var plus = scheme < 0 ? -1 : url.IndexOf('+', 0, scheme);
        return plus < 0 ? url : url[..plus] + url[scheme..];
    }
}
