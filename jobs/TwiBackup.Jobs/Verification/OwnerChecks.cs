using Npgsql;
using TwiBackup.Postgres;

namespace TwiBackup.Verification;

/// <summary>
/// Whether everything belongs to whom it must: a restore into a server without the role succeeds and leaves all to the superuser,
/// and the application can't even read.
/// </summary>
internal static class OwnerChecks
{
    // Schema public belongs to pg_database_owner since PostgreSQL 15, that is to the database's owner; before, to the superuser.
    private const string Strangers =
        $"""
        with expected as (select coalesce((select oid from pg_roles where rolname = $1), 0) as role where $1 <> ''
                          union all select datdba from pg_database where datname = current_database() and $1 = '')
        select what from (
            select 'database ' || quote_ident(datname) as what, datdba as owner from pg_database where datname = current_database()
            union all
            select 'schema ' || quote_ident(n.nspname), nspowner from pg_namespace n
            where {DatabaseChecks.UserSchemas} and n.nspname <> 'public'
            union all
            select c.oid::regclass::text, relowner from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where {DatabaseChecks.UserSchemas} and c.relkind in ('r', 'p', 'm', 'v', 'S', 'f')
              and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
            union all
            select 'function ' || p.oid::regprocedure, proowner from pg_proc p join pg_namespace n on n.oid = p.pronamespace
            where {DatabaseChecks.UserSchemas}
              and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
        ) found where owner <> (select role from expected) order by 1
        """;

    public static async Task<(bool Passed, string Detail)> RunAsync(
        NpgsqlConnection connection, string? owner, CancellationToken cancellation)
    {
        var name = owner ?? await connection.AskAsync<string>(
            "select pg_get_userbyid(datdba)::text from pg_database where datname = current_database()", cancellation);
        var strangers = await connection.ListAsync(Strangers, row => row.GetString(0), cancellation, owner ?? "");
        return strangers.Count == 0
            ? (true, $"all belong to {name}")
            : (false, $"{strangers.Count} do not belong to {name}: {string.Join(", ", strangers.Take(10))}");
    }
}
