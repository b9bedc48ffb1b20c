using Npgsql;
using TwiBackup.Postgres;

namespace TwiBackup.Verification;

/// <summary>Whether the tables are there that must be, and whether the schema is the one that is known.</summary>
internal static class SchemaChecks
{
    private const string Tables =
        $"""
        select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and {DatabaseChecks.UserSchemas}
          and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
        order by 1
        """;

    public static IEnumerable<DatabaseQuestion> Of(DatabaseExpectations expected)
    {
        if (expected.Tables.Count > 0)
            yield return new("tables", (connection, cancellation) => CompareAsync(connection, expected.Tables, cancellation));
        if (expected.Schema is { } schema)
            yield return new("schema", (connection, cancellation) => CompareAsync(connection, schema, cancellation));
    }

    private static async Task<(bool Passed, string Detail)> CompareAsync(
        NpgsqlConnection connection, IReadOnlyList<string> expected, CancellationToken cancellation)
    {
        var found = await connection.ListAsync(Tables, row => row.GetString(0), cancellation);
        var missing = expected.Except(found).ToList();
        if (missing.Count > 0)
            return (false, $"{missing.Count} of {expected.Count} are missing: {string.Join(", ", missing)}");
        var others = found.Except(expected).ToList();
        return (true, $"all {expected.Count}{(others.Count == 0 ? "" : $", and {string.Join(", ", others)}")}");
    }

    private static async Task<(bool Passed, string Detail)> CompareAsync(
        NpgsqlConnection connection, string expected, CancellationToken cancellation)
    {
        var found = await SchemaFingerprint.TakeAsync(connection, cancellation);
        return found.Hash == expected
            ? (true, found.ToString())
            : (false, $"it is {found} and was expected to be {expected}. If somebody changed it on purpose, write the new one into the policy");
    }
}
