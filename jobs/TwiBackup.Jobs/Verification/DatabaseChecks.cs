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
        var checks = new List<Check>();
        foreach (var question in Of(expected ?? new DatabaseExpectations()))
            checks.Add(await AnswerAsync(question, connection, cancellation));
        return checks;
    }

    /// <summary>All questions, to be asked one by one. Tables and schema are asked about only where something is expected of them.</summary>
    public static IReadOnlyList<DatabaseQuestion> Of(DatabaseExpectations expected)
    {
        ArgumentNullException.ThrowIfNull(expected);
        return
        [
            new("open for writing", ModeAsync),
            new("owners", (connection, cancellation) => OwnerChecks.RunAsync(connection, expected.Owner, cancellation)),
            .. SchemaChecks.Of(expected),
            NothingOf(ValidIndexes, "valid indexes", InvalidIndexes),
            NothingOf("triggers are enabled", "enabled triggers", DisabledTriggers),
            new("materialized views are populated", ViewsAsync),
            NothingOf("check constraints are validated", "validated constraints", UnvalidatedChecks),
            new(SequencesAhead, (connection, cancellation) => SequenceChecks.BehindAsync(connection, expected.SequenceColumns, cancellation)),
            new("sequences have room", SequenceChecks.RoomAsync),
            new("foreign keys", (connection, cancellation) => ForeignKeyChecks.RunAsync(connection, expected, cancellation)),
        ];
    }

    /// <summary>
    /// What must be so of any database that was restored from a dump, whoever owns it and however it was before.
    /// </summary>
    internal static async Task<IReadOnlyList<Check>> OfRestoredAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var checks = new List<Check>();
        foreach (var question in Of(new DatabaseExpectations()).Where(q => q.Name is ValidIndexes or SequencesAhead))
            checks.Add(await AnswerAsync(question, connection, cancellation));
        return checks;
    }

    private const string ValidIndexes = "indexes are valid";
    private const string SequencesAhead = "sequences are not behind";

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

    private static async Task<Check> AnswerAsync(DatabaseQuestion question, NpgsqlConnection connection, CancellationToken cancellation)
    {
        try
        {
            var (passed, detail) = await question.Ask(connection, cancellation);
            return new Check(question.Name, passed, detail);
        }
        catch (PostgresException refused)
        {
            return new Check(question.Name, false, $"could not be asked: {refused.MessageText}");
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

    /// <summary>Each view is also read from: a restore that stopped in the middle may leave one that says it is filled.</summary>
    private static async Task<(bool Passed, string Detail)> ViewsAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var views = await connection.ListAsync(EmptyViews, row => (Name: row.GetString(0), Good: row.GetBoolean(1)), cancellation);
        foreach (var view in views.Where(one => one.Good))
            _ = await connection.AskAsync<bool>($"select exists (select from {view.Name})", cancellation);
        var empty = views.Where(one => !one.Good).Select(one => one.Name).ToList();
        return empty.Count == 0 ? (true, $"{views.Count} populated views, each read from") : (false, "not so: " + string.Join(", ", empty));
    }

    private static DatabaseQuestion NothingOf(string name, string what, string query) => new(name, async (connection, cancellation) =>
    {
        var found = await connection.ListAsync(query, row => (Name: row.GetString(0), Good: row.GetBoolean(1)), cancellation);
        var bad = found.Where(one => !one.Good).Select(one => one.Name).ToList();
        return bad.Count == 0 ? (true, $"{found.Count} {what}") : (false, "not so: " + string.Join(", ", bad));
    });
}
