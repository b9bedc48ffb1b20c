using Npgsql;
using TwiBackup.Postgres;

namespace TwiBackup.Verification;

/// <summary>
/// Whether a database is whole and fit for its application, beyond the rows of its tables (<see cref="Database.TableDigests"/>).
/// Reads only; works on any database of PostgreSQL 13 or newer.
/// </summary>
public static class DatabaseChecks
{
    internal const string UserSchemas = "n.nspname <> 'information_schema' and n.nspname !~ '^pg_'";

    /// <summary>Asks everything. What the connection's role may not read fails the check that wanted to read it.</summary>
    /// <exception cref="NpgsqlException">The connection was lost.</exception>
    public static async Task<IReadOnlyList<Check>> RunAsync(
        NpgsqlConnection connection, DatabaseExpectations? expected = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(connection);
        expected ??= new DatabaseExpectations();
        return
        [
            await AnswerAsync("open for writing", () => ModeAsync(connection, cancellation)),
            await AnswerAsync("owners", () => OwnerChecks.RunAsync(connection, expected.Owner, cancellation)),
            await NothingOfAsync(connection, "indexes are valid", "valid indexes", InvalidIndexes, cancellation),
            await NothingOfAsync(connection, "triggers are enabled", "enabled triggers", DisabledTriggers, cancellation),
            await NothingOfAsync(connection, "materialized views are populated", "populated views", EmptyViews, cancellation),
            await NothingOfAsync(connection, "check constraints are validated", "validated constraints", UnvalidatedChecks, cancellation),
            await AnswerAsync(
                "sequences are not behind", () => SequenceChecks.BehindAsync(connection, expected.SequenceColumns, cancellation)),
            await AnswerAsync("sequences have room", () => SequenceChecks.RoomAsync(connection, cancellation)),
            await AnswerAsync("foreign keys", () => ForeignKeyChecks.RunAsync(connection, expected.Orphans, cancellation)),
        ];
    }

    /// <summary>
    /// What must be so of any database that was restored from a dump, whoever owns it and however it was before.
    /// </summary>
    internal static async Task<IReadOnlyList<Check>> OfRestoredAsync(NpgsqlConnection connection, CancellationToken cancellation) =>
    [
        await NothingOfAsync(connection, "indexes are valid", "valid indexes", InvalidIndexes, cancellation),
        await AnswerAsync(
            "sequences are not behind", () => SequenceChecks.BehindAsync(connection, new DatabaseExpectations().SequenceColumns, cancellation)),
    ];

    private const string InvalidIndexes =
        $"""
        select i.indexrelid::regclass::text, i.indisvalid and i.indisready and i.indislive
        from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace where {UserSchemas}
        """;

    private const string DisabledTriggers =
        $"""
        select t.tgname || ' on ' || t.tgrelid::regclass, t.tgenabled <> 'D'
        from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace where {UserSchemas}
        """;

    private const string EmptyViews =
        $"""
        select c.oid::regclass::text, c.relispopulated
        from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'm' and {UserSchemas}
        """;

    private const string UnvalidatedChecks =
        $"""
        select c.conname::text, c.convalidated
        from pg_constraint c join pg_namespace n on n.oid = c.connamespace where c.contype <> 'f' and {UserSchemas}
        """;

    /// <summary>The answer's detail, and whether it is a good one.</summary>
    private static async Task<Check> AnswerAsync(string name, Func<Task<(bool Passed, string Detail)>> ask)
    {
        try
        {
            var (passed, detail) = await ask();
            return new Check(name, passed, detail);
        }
        catch (PostgresException refused)
        {
            return new Check(name, false, $"could not be asked: {refused.MessageText}");
        }
    }

    private static async Task<(bool Passed, string Detail)> ModeAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var why = await connection.AskAsync<string>(
            """
            select concat_ws(', ',
                case when pg_is_in_recovery() then 'in recovery' end,
                case when current_setting('default_transaction_read_only')::boolean then 'read only by default' end,
                case when current_setting('server_encoding') <> 'UTF8' then 'encoding ' || current_setting('server_encoding') end)
            """,
            cancellation);
        return string.IsNullOrEmpty(why) ? (true, "not in recovery, not read only, UTF-8") : (false, why);
    }

    private static Task<Check> NothingOfAsync(
        NpgsqlConnection connection, string name, string what, string query, CancellationToken cancellation) =>
        AnswerAsync(name, async () =>
        {
            var found = await connection.ListAsync(query, row => (Name: row.GetString(0), Good: row.GetBoolean(1)), cancellation);
            var bad = found.Where(one => !one.Good).Select(one => one.Name).ToList();
            return bad.Count == 0 ? (true, $"{found.Count} {what}") : (false, "not so: " + string.Join(", ", bad));
        });
}
