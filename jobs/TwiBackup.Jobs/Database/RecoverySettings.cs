using TwiBackup.Catalog;

namespace TwiBackup.Database;

/// <summary>
/// The settings of a server that recovers in private. A copied data directory brings its owner's: without these it would archive into
/// the production store, connect to the production primary, or wait for its standbys.
/// </summary>
internal static class RecoverySettings
{
    private static readonly string[] TargetNames =
        ["recovery_target", "recovery_target_name", "recovery_target_time", "recovery_target_xid", "recovery_target_lsn"];

    /// <summary>What every private server gets, over whatever its files say.</summary>
    /// <param name="serverVersion">server_version_num.</param>
    /// <param name="hbaFile">Who may connect.</param>
    /// <param name="target">Where recovery stops.</param>
    /// <param name="keepLibraries">Whether preloaded libraries stay.</param>
    public static Dictionary<string, string> Private(int serverVersion, string hbaFile, RecoveryTarget target, bool keepLibraries)
    {
        var settings = new Dictionary<string, string>
        {
            ["archive_mode"] = "off",
            ["archive_command"] = "",
            ["archive_cleanup_command"] = "",
            ["recovery_end_command"] = "",
            ["restore_command"] = "",
            ["primary_conninfo"] = "",
            ["primary_slot_name"] = "",
            ["promote_trigger_file"] = "",
            ["synchronous_standby_names"] = "",
            ["hba_file"] = hbaFile,
            ["external_pid_file"] = "",
            ["ssl"] = "off",
            ["hot_standby"] = "on",
            ["recovery_target_inclusive"] = "on",
            ["recovery_target_action"] = "promote",
            ["cluster_name"] = "twibackup",
            ["log_connections"] = "off",
            ["log_disconnections"] = "off",
            ["log_statement"] = "none",
            ["log_min_messages"] = "warning",
            ["log_line_prefix"] = "%m ",
            ["lc_messages"] = "C",
            ["logging_collector"] = "off",
            ["autovacuum"] = "off",
        };
        // Before recovery PostgreSQL syncs its directory file by file, all of which the restore has just synced in one go.
        if (serverVersion >= 140000 && OperatingSystem.IsLinux())
            settings["recovery_init_sync_method"] = "syncfs";
        if (serverVersion >= 150000)
            settings["archive_library"] = "";
        if (serverVersion >= 160000)
            settings.Remove("promote_trigger_file");
        if (serverVersion >= 170000)
            settings["summarize_wal"] = "off";
        if (!keepLibraries)
        {
            settings["shared_preload_libraries"] = "";
            settings["session_preload_libraries"] = "";
            settings["local_preload_libraries"] = "";
        }

        // The empty ones first: PostgreSQL refuses an empty target behind a set one as a second target.
        foreach (var name in TargetNames.Except(target.Settings().Keys))
            settings[name] = "";
        foreach (var (name, value) in target.Settings())
            settings[name] = value;
        return settings;
    }

    /// <summary>
    /// Settings that must be at least the source's, else replay stops
    /// (<see href="https://www.postgresql.org/docs/current/hot-standby.html#HOT-STANDBY-ADMIN">hot standby parameters</see>).
    /// </summary>
    public static IEnumerable<KeyValuePair<string, string>> FromSource(SourceFacts facts)
    {
        string[] names = ["max_connections", "max_worker_processes", "max_wal_senders", "max_prepared_transactions", "max_locks_per_transaction", "wal_level"];
        return facts.Settings.Where(s => names.Contains(s.Key));
    }
}
