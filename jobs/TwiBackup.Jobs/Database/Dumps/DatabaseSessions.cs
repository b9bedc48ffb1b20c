using Npgsql;
using TwiBackup.Postgres;

namespace TwiBackup.Database.Dumps;

/// <summary>Who is connected to a database: while anybody is, it can't be renamed.</summary>
internal static class DatabaseSessions
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private const string Others = "from pg_stat_activity where datname = $1 and pid <> pg_backend_pid() and backend_type <> 'autovacuum worker'";

    /// <summary>One clause for all of them; null: there are none.</summary>
    public static async Task<string?> DescribeAsync(NpgsqlConnection server, string database, CancellationToken cancellationToken)
    {
        var sessions = await server.ListAsync(
            $"select pid, coalesce(usename::text, backend_type), coalesce(application_name, ''), coalesce(host(client_addr), 'this machine') {Others} order by backend_start",
            row => $"process {row.GetInt32(0)} ({string.Join(", ", ((string[])[row.GetString(1), row.GetString(2)]).Where(s => s.Length > 0))} from {row.GetString(3)})",
            cancellationToken,
            database);
        return sessions.Count == 0 ? null : string.Join(", ", sessions.Take(5)) + (sessions.Count > 5 ? $" and {sessions.Count - 5} more" : "");
    }

    /// <summary>Ends whoever is there until <paramref name="renaming"/> has ended, whose lock lets nobody new in.</summary>
    public static async Task EndWhileAsync(Task renaming, NpgsqlConnection server, string database, CancellationToken cancellationToken)
    {
        do
        {
            await server.AskAsync<long>($"select count(pg_terminate_backend(pid)) {Others}", cancellationToken, database);
        }
        while (await Task.WhenAny(renaming, Task.Delay(PollInterval, cancellationToken)) != renaming);
    }
}
