using TwiBackup.Postgres;

namespace TwiBackup.Database.Dumps;

/// <summary>What points at a table and does not come and go with it.</summary>
internal static class TableReferences
{
    private const string Dependents =
        """
        select what from (
            select 'foreign key ' || quote_ident(conname) || ' of ' || conrelid::regclass as what
            from pg_constraint where contype = 'f' and confrelid = to_regclass($1) and conrelid <> confrelid
            union
            select 'view ' || r.ev_class::regclass from pg_depend d join pg_rewrite r on r.oid = d.objid
            where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = to_regclass($1) and r.ev_class <> d.refobjid
            union
            select 'function ' || d.objid::regprocedure from pg_depend d
            where d.classid = 'pg_proc'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = to_regclass($1)
            union
            select 'table ' || inhrelid::regclass from pg_inherits where inhparent = to_regclass($1)
            union
            select 'table ' || inhparent::regclass from pg_inherits where inhrelid = to_regclass($1)
        ) found order by 1
        """;

    private const string ForeignKeys =
        """
        select format('%I.%I', n.nspname, r.relname), c.conname::text,
               format('ALTER TABLE %I.%I ADD CONSTRAINT %I %s;', n.nspname, r.relname, c.conname, pg_get_constraintdef(c.oid))
        from pg_constraint c join pg_class r on r.oid = c.conrelid join pg_namespace n on n.oid = r.relnamespace
        where c.contype = 'f' and c.confrelid = to_regclass($1) and c.conrelid <> c.confrelid order by 1, 2
        """;

    /// <summary>Whatever would go on using a table that is moved aside.</summary>
    public static async Task<IReadOnlyList<string>> DependentsAsync(ConnectionSettings database, string table, CancellationToken cancellationToken)
    {
        await using var session = await QueryConnection.OpenAsync(database, cancellationToken);
        return await session.ListAsync(Dependents, row => row.GetString(0), cancellationToken, table);
    }

    /// <summary>
    /// Statements for foreign keys of other tables that point at a table in one database and are missing in another, where DROP … CASCADE
    /// has taken them along. They are for a person: rows may have come since that they would refuse.
    /// </summary>
    public static async Task<IReadOnlyList<string>> MissingKeysAsync(
        ConnectionSettings restored, ConnectionSettings live, string table, CancellationToken cancellationToken)
    {
        await using var there = await QueryConnection.OpenAsync(restored, cancellationToken);
        // Names in the statements get their schemas.
        await there.RunAsync("set search_path = ''", cancellationToken);
        var keys = await there.ListAsync(
            ForeignKeys, row => (Table: row.GetString(0), Name: row.GetString(1), Statement: row.GetString(2)), cancellationToken, table);
        await using var here = await QueryConnection.OpenAsync(live, cancellationToken);
        var missing = new List<string>();
        foreach (var key in keys)
        {
            const string IsMissing =
                "select to_regclass($1) is not null and not exists (select from pg_constraint where conrelid = to_regclass($1) and conname = $2)";
            if (await here.AskAsync<bool>(IsMissing, cancellationToken, key.Table, key.Name))
                missing.Add(key.Statement);
        }

        return missing;
    }
}
