using System.Globalization;
using Npgsql;
using TwiBackup.Catalog;
using TwiBackup.Postgres;

namespace TwiBackup.Database;

/// <summary>What the manifest keeps of the server that is backed up.</summary>
internal static class ManifestFacts
{
    /// <summary>Settings of a place, not of the data: a restored server gets its own.</summary>
    private static readonly string[] OfThePlace =
    [
        "archive_library", "archive_mode", "cluster_name", "config_file", "data_directory", "external_pid_file", "hba_file", "ident_file",
        "listen_addresses", "port", "primary_slot_name", "synchronous_standby_names", "unix_socket_directories", "unix_socket_group",
        "unix_socket_permissions", "stats_temp_directory", "dynamic_library_path", "event_source",
    ];

    private static readonly string[] PlacePrefixes = ["ssl", "log_", "logging_", "syslog", "krb_", "recovery_", "transaction_", "application_name"];

    /// <summary>The facts, but for what only the end of the backup tells.</summary>
    public static async Task<SourceFacts> ReadAsync(ConnectionSettings connection, ServerFacts facts, CancellationToken cancellationToken)
    {
        await using var session = await QueryConnection.OpenAsync(connection, cancellationToken);
        await using var command = new NpgsqlCommand(
            "select clock_timestamp(), pg_snapshot_xmax(pg_current_snapshot())::text, (select rolname::text from pg_roles where oid = 10)", session);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new SourceFacts
        {
            ServerVersion = facts.VersionNumber,
            SystemIdentifier = facts.SystemIdentifier.ToString(CultureInfo.InvariantCulture),
            StopTime = new DateTimeOffset(reader.GetDateTime(0), TimeSpan.Zero),
            NextXid = ulong.Parse(reader.GetString(1), CultureInfo.InvariantCulture),
            Superuser = reader.GetString(2),
            WalSegmentSize = facts.WalSegmentSize,
            DataChecksums = facts.DataChecksums,
            Platform = facts.Platform,
            Collations = facts.CollationLibraries,
            Extensions = Extensions(facts),
            Settings = Settings(facts),
            Databases = facts.Databases.ToDictionary(d => d.Name, d => d.Bytes ?? 0),
        };
    }

    private static SortedDictionary<string, string> Extensions(ServerFacts facts)
    {
        var extensions = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, version) in facts.Databases.SelectMany(d => d.Extensions ?? new Dictionary<string, string>()))
            extensions[name] = version;
        return extensions;
    }

    private static SortedDictionary<string, string> Settings(ServerFacts facts) => new(
        facts.Settings
            .Where(s => !OfThePlace.Contains(s.Key) && !PlacePrefixes.Any(p => s.Key.StartsWith(p, StringComparison.Ordinal)))
            .ToDictionary(s => s.Key, s => s.Value),
        StringComparer.Ordinal);
}
