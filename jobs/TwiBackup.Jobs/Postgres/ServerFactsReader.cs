using System.Globalization;
using Npgsql;

namespace TwiBackup.Postgres;

/// <summary>The queries behind <see cref="ServerFacts"/>.</summary>
internal static class ServerFactsReader
{
    private const int _firstWithDatabaseCollationVersion = 150000;

    // Those that hold connection strings or commands may hold a password, and so may an application's own settings.
    private const string _settings = """
        SELECT name, current_setting(name, true) FROM pg_settings
        WHERE source NOT IN ('default', 'override', 'client', 'session', 'user', 'database user', 'database')
          AND setting IS DISTINCT FROM boot_val AND context <> 'internal'
          AND name NOT LIKE '%conninfo%' AND name NOT LIKE '%\_command' AND name NOT LIKE '%password%' AND name NOT LIKE '%secret%'
          AND NOT (name LIKE '%.%' AND name ~* 'key|token|pass|secret|credential')
        ORDER BY name
        """;

    private const string _collations = """
        SELECT CASE collprovider WHEN 'i' THEN 'icu' ELSE 'libc' END, max(pg_collation_actual_version(oid))
        FROM pg_collation WHERE collprovider IN ('c', 'i') GROUP BY collprovider HAVING max(pg_collation_actual_version(oid)) IS NOT NULL
        """;

    private const string _tablespaces = """
        SELECT spcname::text, pg_tablespace_location(oid) FROM pg_tablespace WHERE pg_tablespace_location(oid) <> '' ORDER BY 1
        """;

    private const string _server = """
        SELECT current_setting('server_version_num')::int4, current_setting('server_version'), version(),
               (SELECT system_identifier FROM pg_control_system()),
               (SELECT setting::int8 * CASE unit WHEN 'B' THEN 1 ELSE 8192 END FROM pg_settings WHERE name = 'wal_segment_size'),
               current_setting('wal_level'),
               current_setting('max_wal_senders')::int4, (SELECT count(*) FROM pg_stat_replication)::int4,
               current_setting('max_replication_slots')::int4, (SELECT count(*) FROM pg_replication_slots)::int4,
               current_setting('data_checksums') = 'on', pg_is_in_recovery(), current_setting('synchronous_standby_names')
        """;

    public static async Task<ServerFacts> ReadAsync(ConnectionSettings settings, CancellationToken cancellationToken)
    {
        await using var connection = await QueryConnection.OpenAsync(settings, cancellationToken);
        ServerFacts facts;
        await using (var command = new NpgsqlCommand(_server, connection))
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            await reader.ReadAsync(cancellationToken);
            facts = new ServerFacts
            {
                VersionNumber = reader.GetInt32(0),
                Version = reader.GetString(1),
                Platform = ReadPlatform(reader.GetString(2)),
                SystemIdentifier = unchecked((ulong)reader.GetInt64(3)),
                WalSegmentSize = checked((int)reader.GetInt64(4)),
                WalLevel = reader.GetString(5),
                MaxWalSenders = reader.GetInt32(6),
                FreeWalSenders = reader.GetInt32(6) - reader.GetInt32(7),
                MaxReplicationSlots = reader.GetInt32(8),
                FreeReplicationSlots = reader.GetInt32(8) - reader.GetInt32(9),
                DataChecksums = reader.GetBoolean(10),
                IsInRecovery = reader.GetBoolean(11),
                SynchronousStandbyNames = reader.GetString(12),
                Settings = new Dictionary<string, string>(),
                CollationLibraries = new Dictionary<string, string>(),
                Databases = [],
                Tablespaces = new Dictionary<string, string>(),
            };
        }
        return facts with
        {
            Settings = await PairsAsync(connection, _settings, cancellationToken),
            CollationLibraries = await PairsAsync(connection, _collations, cancellationToken),
            Tablespaces = await PairsAsync(connection, _tablespaces, cancellationToken),
            Databases = await DatabasesAsync(connection, settings, facts.VersionNumber, cancellationToken),
        };
    }

    private static async Task<List<DatabaseFacts>> DatabasesAsync(
        NpgsqlConnection connection, ConnectionSettings settings, int version, CancellationToken cancellationToken)
    {
        var query = $"""
            SELECT datname::text, CASE WHEN may THEN pg_database_size(datname) END, pg_encoding_to_char(encoding), datcollate::text,
                   {(version >= _firstWithDatabaseCollationVersion ? "datcollversion" : "NULL::text")}, may AND datallowconn
            FROM pg_database, has_database_privilege(datname, 'CONNECT') AS may WHERE datname <> 'template0' ORDER BY 1
            """;
        var found = new List<(DatabaseFacts Facts, bool MayConnect)>();
        await using (var command = new NpgsqlCommand(query, connection))
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                var facts = new DatabaseFacts(
                    reader.GetString(0), reader.IsDBNull(1) ? null : reader.GetInt64(1), reader.GetString(2), reader.GetString(3),
                    reader.IsDBNull(4) ? null : reader.GetString(4), Extensions: null);
                found.Add((facts, reader.GetBoolean(5)));
            }
        }
        var databases = new List<DatabaseFacts>(found.Count);
        foreach (var (facts, mayConnect) in found)
        {
            var extensions = mayConnect ? await ExtensionsAsync(settings with { Database = facts.Name }, cancellationToken) : null;
            databases.Add(facts with { Extensions = extensions });
        }
        return databases;
    }

    // CONNECT is granted to everybody by default, but pg_hba.conf may still refuse this database.
    private static async Task<IReadOnlyDictionary<string, string>?> ExtensionsAsync(
        ConnectionSettings settings, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await QueryConnection.OpenAsync(settings, cancellationToken);
            return await PairsAsync(connection, "SELECT extname::text, extversion FROM pg_extension ORDER BY 1", cancellationToken);
        }
        catch (TwiBackupException e) when (
            e.InnerException is Replication.PostgresErrorException { SqlState: Replication.ServerErrors.NotAuthorised })
        {
            return null;
        }
    }

    private static async Task<IReadOnlyDictionary<string, string>> PairsAsync(
        NpgsqlConnection connection, string query, CancellationToken cancellationToken)
    {
        var pairs = new SortedDictionary<string, string>(StringComparer.Ordinal);
        await using var command = new NpgsqlCommand(query, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            pairs[reader.GetString(0)] = reader.IsDBNull(1) ? "" : reader.GetString(1);
        return pairs;
    }

    // "PostgreSQL 15.18 (Debian 15.18-0+deb12u1) on x86_64-pc-linux-gnu, compiled by gcc (…) 12.2.0, 64-bit"
    internal static string ReadPlatform(string version)
    {
        var on = version.IndexOf(" on ", StringComparison.Ordinal);
        var comma = on < 0 ? -1 : version.IndexOf(',', on);
        return comma < 0 ? "unknown" : string.Create(CultureInfo.InvariantCulture, $"{version.AsSpan(on + 4, comma - on - 4)}");
    }
}
