using Npgsql;
using TwiBackup.Postgres;

namespace TwiBackup.Verification;

/// <summary>
/// Whether each sequence stands at or after the largest value of its column (equality is not to be expected: conflicts and crashes burn
/// values), and whether there is room left. The column is the one that owns it, the one whose default asks it, or the one named.
/// </summary>
internal static class SequenceChecks
{
    private const double Fullest = 0.9;

    private const string Sequences =
        $"""
        with columns as (
            select d.objid as sequence, d.refobjid as relation, d.refobjsubid as number from pg_depend d
            where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i') and d.refobjsubid > 0
            union
            select d.refobjid, a.adrelid, a.adnum from pg_depend d join pg_attrdef a on a.oid = d.objid
            where d.classid = 'pg_attrdef'::regclass and d.refclassid = 'pg_class'::regclass)
        select format('%I.%I', n.nspname, c.relname), s.seqmax,
               coalesce(quote_ident(tn.nspname) || '.' || quote_ident(t.relname), ''), coalesce(quote_ident(a.attname), '')
        from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_sequence s on s.seqrelid = c.oid
        left join columns l on l.sequence = c.oid
        left join pg_class t on t.oid = l.relation
        left join pg_namespace tn on tn.oid = t.relnamespace
        left join pg_attribute a on a.attrelid = l.relation and a.attnum = l.number
        where {DatabaseChecks.UserSchemas} and c.relpersistence = 'p' and s.seqincrement > 0 order by 1
        """;

    public static async Task<(bool Passed, string Detail)> BehindAsync(
        NpgsqlConnection connection, IReadOnlyDictionary<string, (string Table, string Column)> named, CancellationToken cancellation)
    {
        var found = await FindAsync(connection, cancellation);
        var behind = named.Keys.Except(found.Select(one => one.Name)).Select(missing => $"{missing} is missing").ToList();
        var untied = new List<string>();
        foreach (var one in found)
        {
            var (table, column) = named.TryGetValue(one.Name, out var told) ? told : (one.Table, one.Column);
            if (table == "")
            {
                untied.Add(one.Name);
                continue;
            }

            var largest = await connection.AskAsync<long>($"select coalesce(max({column}), 0)::bigint from {table}", cancellation);
            var given = await GivenAsync(connection, one.Name, cancellation);
            if (given < largest) behind.Add($"{one.Name} at {given}, {table}.{column} at {largest}");
        }

        if (behind.Count > 0) return (false, string.Join("; ", behind));
        var unknown = untied.Count == 0 ? "" : $"; of no known column: {string.Join(", ", untied)}";
        return (true, $"{found.Count - untied.Count} sequences{unknown}");
    }

    public static async Task<(bool Passed, string Detail)> RoomAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var full = new List<string>();
        foreach (var one in await FindAsync(connection, cancellation))
        {
            var given = await GivenAsync(connection, one.Name, cancellation);
            if (given > one.Most * Fullest) full.Add($"{one.Name} at {given} of {one.Most}");
        }

        return full.Count == 0 ? (true, $"all below {Fullest:P0}") : (false, string.Join("; ", full));
    }

    private static Task<List<(string Name, long Most, string Table, string Column)>> FindAsync(
        NpgsqlConnection connection, CancellationToken cancellation) =>
        connection.ListAsync(Sequences, row => (row.GetString(0), row.GetInt64(1), row.GetString(2), row.GetString(3)), cancellation);

    // What was given out last; a sequence that was never asked stands before its first value.
    private static Task<long> GivenAsync(NpgsqlConnection connection, string sequence, CancellationToken cancellation) =>
        connection.AskAsync<long>($"select case when is_called then last_value else last_value - 1 end from {sequence}", cancellation);
}
