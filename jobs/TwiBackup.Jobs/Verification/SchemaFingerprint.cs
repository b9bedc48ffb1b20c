using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using TwiBackup.Postgres;

namespace TwiBackup.Verification;

/// <summary>
/// What a schema is, in one number: relations, columns with types and defaults, constraints, indexes, views, functions, triggers,
/// sequences and types, as PostgreSQL writes them. Not their owners, not their order, not what extensions own.
/// </summary>
/// <param name="Hash">SHA-256 of the descriptions in ordinal order, 64 lower-case hexadecimal digits.</param>
/// <param name="Counts">How many descriptions there are of each sort, in the order of the sorts' names.</param>
public sealed record SchemaFingerprint(string Hash, IReadOnlyDictionary<string, int> Counts)
{
    // With an empty search path every name is written with its schema, whoever asks.
    private const string Pin = "set local search_path = ''; set local quote_all_identifiers = off";

    private const string Descriptions =
        $"""
        with relations as (
            select c.oid, c.relkind, c.relpersistence, format('%I.%I', n.nspname, c.relname) as name
            from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where {DatabaseChecks.UserSchemas}
              and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'))
        select 'relations', format('%s %s %s', name, relkind, relpersistence) from relations where relkind in ('r', 'p', 'f', 'v', 'm', 'S')
        union all
        select 'columns', format('%s.%I %s %s %s %s %s %s', r.name, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                   pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated,
                   case when a.attcollation <> t.typcollation then a.attcollation::regcollation::text end)
        from relations r join pg_attribute a on a.attrelid = r.oid join pg_type t on t.oid = a.atttypid
        left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where r.relkind in ('r', 'p', 'f') and a.attnum > 0 and not a.attisdropped
        union all
        select 'constraints', format('%s %I %s %s', r.name, c.conname, pg_get_constraintdef(c.oid), c.convalidated)
        from relations r join pg_constraint c on c.conrelid = r.oid
        union all
        select 'indexes', pg_get_indexdef(i.indexrelid) from relations r join pg_index i on i.indrelid = r.oid
        union all
        select 'views', format('%s %s', name, pg_get_viewdef(oid)) from relations where relkind in ('v', 'm')
        union all
        select 'triggers', pg_get_triggerdef(t.oid) from relations r join pg_trigger t on t.tgrelid = r.oid where not t.tgisinternal
        union all
        select 'sequences', format('%s %s %s %s %s %s', r.name, s.seqtypid::regtype, s.seqmin, s.seqmax, s.seqincrement, s.seqcycle)
        from relations r join pg_sequence s on s.seqrelid = r.oid
        union all
        select 'functions', pg_get_functiondef(p.oid) from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where {DatabaseChecks.UserSchemas} and p.prokind <> 'a'
          and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
        union all
        select 'types', format('%s %s', t.oid::regtype, (select string_agg(quote_literal(e.enumlabel), ',' order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid))
        from pg_type t join pg_namespace n on n.oid = t.typnamespace
        where {DatabaseChecks.UserSchemas} and t.typtype in ('e', 'd')
          and not exists (select from pg_depend d where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype = 'e')
        """;

    /// <summary>Reads the schema of the connection's database.</summary>
    /// <param name="connection">Open, without a transaction.</param>
    public static async Task<SchemaFingerprint> TakeAsync(NpgsqlConnection connection, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(connection);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await connection.RunAsync(Pin, cancellation);
        var lines = await connection.ListAsync(Descriptions, row => (Sort: row.GetString(0), Text: row.GetString(1)), cancellation);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var line in lines.Select(line => $"{line.Sort}\0{line.Text}\0\n").Order(StringComparer.Ordinal))
            hash.AppendData(Encoding.UTF8.GetBytes(line));
        return new SchemaFingerprint(
            Convert.ToHexStringLower(hash.GetHashAndReset()),
            new SortedDictionary<string, int>(lines.GroupBy(line => line.Sort).ToDictionary(sort => sort.Key, sort => sort.Count()), StringComparer.Ordinal));
    }

    /// <summary>The hash, and what it is of.</summary>
    public override string ToString() =>
        $"{Hash} ({string.Join(", ", Counts.Select(count => string.Create(CultureInfo.InvariantCulture, $"{count.Value} {count.Key}")))})";
}
