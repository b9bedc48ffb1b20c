using Npgsql;
using TwiBackup.Postgres;

namespace TwiBackup.Verification;

/// <summary>
/// Counts orphans of every foreign key, rather than trust the catalog's word that a key was validated. Keys that are NOT VALID may have
/// orphans, which a restore brings back; validating them here would fail and change the database.
/// </summary>
internal static class ForeignKeyChecks
{
    // Composite keys with a null are no reference (MATCH SIMPLE); that is what the conditions "is not null" say.
    private const string Keys =
        $"""
        select c.conname::text, c.convalidated, format(
            'select count(*) from %s c where %s and not exists (select from %s p where %s)', c.conrelid::regclass,
            string_agg(format('c.%I is not null', f.attname), ' and ' order by k.nth), c.confrelid::regclass,
            string_agg(format('p.%I = c.%I', t.attname, f.attname), ' and ' order by k.nth))
        from pg_constraint c join pg_namespace n on n.oid = c.connamespace
        cross join lateral unnest(c.conkey, c.confkey) with ordinality as k (child, parent, nth)
        join pg_attribute f on f.attrelid = c.conrelid and f.attnum = k.child
        join pg_attribute t on t.attrelid = c.confrelid and t.attnum = k.parent
        where c.contype = 'f' and {DatabaseChecks.UserSchemas}
        group by c.oid, c.conname, c.convalidated, c.conrelid, c.confrelid order by c.conname
        """;

    public static async Task<(bool Passed, string Detail)> RunAsync(
        NpgsqlConnection connection, DatabaseExpectations expected, CancellationToken cancellation)
    {
        var keys = await connection.ListAsync(
            Keys, row => (Name: row.GetString(0), Validated: row.GetBoolean(1), Count: row.GetString(2)), cancellation);
        var mayBe = expected.NotValid ?? expected.Orphans?.Keys;
        var wrong = new List<string>();
        var told = new List<string> { $"{keys.Count} keys" };
        foreach (var key in keys)
        {
            var orphans = await connection.AskAsync<long>(key.Count, cancellation);
            if (key.Validated && orphans > 0) wrong.Add($"{key.Name} is validated and has {orphans} orphans");
            if (key.Validated) continue;
            told.Add($"{key.Name} NOT VALID with {orphans} orphans");
            if (mayBe?.Contains(key.Name) == false) wrong.Add($"{key.Name} is not validated");
            else if (expected.Orphans?.TryGetValue(key.Name, out var before) == true && orphans != before)
                wrong.Add($"{key.Name} has {orphans} orphans instead of {before}");
        }

        foreach (var missing in (mayBe ?? []).Except(keys.Select(key => key.Name))) wrong.Add($"{missing} is missing");
        return wrong.Count == 0 ? (true, string.Join(", ", told)) : (false, string.Join("; ", wrong));
    }
}
