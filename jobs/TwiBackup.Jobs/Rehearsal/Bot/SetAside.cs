using Npgsql;
using TwiBackup.Postgres;

namespace TwiBackup.Rehearsal.Bot;

/// <summary>
/// Takes indexes and late constraints away while tables are filled and puts them back as they were, which is several times faster
/// than keeping them. Belongs inside one transaction: whoever fails leaves everything as it was.
/// </summary>
internal static class SetAside
{
    // Foreign keys go before the unique constraints that they need, and come back after them: the order of putting back is this one
    // turned round. Primary keys stay: ids grow, so they cost little.
    private const string Find =
        """
        select drop_it, put_back from (
            select case contype when 'f' then 1 else 2 end as turn, c.oid,
                   format('alter table %s drop constraint %I', c.conrelid::regclass, conname) as drop_it,
                   format('alter table %s add constraint %I %s', c.conrelid::regclass, conname, pg_get_constraintdef(c.oid)) as put_back
            from pg_constraint c join pg_class t on t.oid = c.conrelid
            where contype in ('f', 'u') and t.relnamespace = 'public'::regnamespace
              and (contype = 'f' or t.relname in ('reactions'))
            union all
            select 3, i.indexrelid, format('drop index %s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid)
            from pg_index i join pg_class t on t.oid = i.indrelid
            where t.relnamespace = 'public'::regnamespace
              and not exists (select from pg_constraint c where c.conindid = i.indexrelid)
        ) found order by turn, oid
        """;

    /// <summary>Drops them and returns the statements that put them back, in order.</summary>
    public static async Task<IReadOnlyList<string>> TakeAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var found = await connection.ListAsync(Find, row => (Drop: row.GetString(0), PutBack: row.GetString(1)), cancellation);
        foreach (var (drop, _) in found) await connection.RunAsync(drop, cancellation);
        return [.. found.Select(one => one.PutBack).Reverse()];
    }
}
