using System.Text.RegularExpressions;
using TwiBackup.Postgres;

namespace TwiBackup.Database.Dumps;

/// <summary>
/// Who keeps tables from being read: the sessions that have or wait for ACCESS EXCLUSIVE, the only lock that reading has to wait for (one
/// that waits is waited for, too).
/// </summary>
internal static partial class LockHolders
{
    private const string Query =
        """
        select coalesce(l.pid, 0), coalesce(a.usename::text, ''), coalesce(a.application_name, ''), coalesce(host(a.client_addr), ''),
               coalesce(to_char(a.xact_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), ''), coalesce(a.query, ''),
               l.relation::regclass::text
        from pg_locks l left join pg_stat_activity a on a.pid = l.pid
        where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock' and l.pid is distinct from pg_backend_pid()
          and l.database = (select oid from pg_database where datname = current_database())
          and (l.relation = to_regclass(nullif($1, ''))::oid or $1 = '' and l.relation >= 16384)
        order by l.granted desc, a.xact_start limit 3
        """;

    /// <summary>One clause a holder, for a message; says so when there is none any more.</summary>
    /// <param name="connection">To the database.</param>
    /// <param name="table">Schema and name, quoted where needed; empty: any.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<string> DescribeAsync(ConnectionSettings connection, string table, CancellationToken cancellationToken)
    {
        await using var session = await QueryConnection.OpenAsync(connection, cancellationToken);
        var holders = await session.ListAsync(
            Query,
            row => Describe(row.GetInt32(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetString(5), row.GetString(6)),
            cancellationToken,
            table);
        return holders.Count > 0 ? string.Join("; ", holders) : "whoever it was has ended by now";
    }

    private static string Describe(int pid, string user, string application, string address, string since, string query, string table)
    {
        if (pid == 0)
            return $"a prepared transaction has {table} (see pg_prepared_xacts)";
        string?[] who =
        [
            user.Length > 0 ? $"user {user}" : null, application.Length > 0 ? application : null, address.Length > 0 ? $"from {address}" : null,
            since.Length > 0 ? $"in a transaction since {since}" : null, FirstWords().Match(query) is { Length: > 0 } words ? $"running {words.Value.TrimEnd()} …" : null,
        ];
        return $"process {pid} has {table} ({string.Join(", ", who.OfType<string>())})";
    }

    // No more of it: behind the first words may stand somebody's data.
    [GeneratedRegex(@"^\s*[A-Za-z]+(\s+[A-Za-z]+)?(?=\s|;|$)")]
    private static partial Regex FirstWords();
}
