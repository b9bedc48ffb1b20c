using System.Text;
using TwiBackup.Catalog;
using TwiBackup.Postgres;

namespace TwiBackup.Database;

/// <summary>The configuration files of a restored data directory.</summary>
internal static class ClusterFiles
{
    /// <summary>pg_hba.conf of the private recovery.</summary>
    public const string RecoveryHba = "twibackup.hba";

    /// <summary>Its log; it stays when recovery failed.</summary>
    public const string RecoveryLog = "twibackup.log";

    private static readonly string[] RecoveryNames =
    [
        "recovery_target", "recovery_target_name", "recovery_target_time", "recovery_target_xid", "recovery_target_lsn",
        "recovery_target_inclusive", "recovery_target_timeline", "recovery_target_action", "restore_command",
        "archive_cleanup_command", "recovery_end_command", "primary_conninfo", "primary_slot_name",
    ];

    /// <summary>
    /// Takes out of a data directory what would send its next start somewhere else: signal files, and recovery settings that
    /// ALTER SYSTEM or an earlier restore left in postgresql.auto.conf.
    /// </summary>
    public static void RemoveRecoveryTraces(string dataDirectory)
    {
        foreach (var name in (string[])["recovery.signal", "standby.signal", "recovery.conf", RecoveryHba, RecoveryLog])
            File.Delete(Path.Combine(dataDirectory, name));
        var auto = Path.Combine(dataDirectory, "postgresql.auto.conf");
        if (!File.Exists(auto))
            return;
        var lines = File.ReadAllLines(auto);
        var kept = lines.Where(l => !RecoveryNames.Contains(SettingName(l), StringComparer.OrdinalIgnoreCase)).ToList();
        if (kept.Count < lines.Length)
            File.WriteAllText(auto, string.Join('\n', kept) + "\n");
    }

    /// <summary>
    /// Debian keeps the configuration outside the data directory, so a base backup has none: writes the least that starts, with the
    /// source's settings that replay demands. Files that are there stay. Returns the names written.
    /// </summary>
    public static IReadOnlyList<string> WriteMissing(string dataDirectory, SourceFacts facts, ServerAccount owner)
    {
        var settings = new StringBuilder("# Written by twibackup: the backup held no postgresql.conf (Debian keeps it in /etc/postgresql).\n# Settings of the source that differ from the built-in defaults:\n");
        foreach (var (name, value) in facts.Settings)
            settings.Append(name).Append(" = '").Append(value.Replace("'", "''", StringComparison.Ordinal)).Append("'\n");

        var written = new List<string>();
        Write("postgresql.conf", settings.ToString());
        Write("pg_hba.conf", "# Written by twibackup: only local users under their own name. Restore the real file with: twibackup restore configuration\nlocal all all peer\n");
        Write("pg_ident.conf", "");
        return written;

        void Write(string name, string content)
        {
            var path = Path.Combine(dataDirectory, name);
            if (File.Exists(path))
                return;
            File.WriteAllText(path, content);
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            owner.Chown(path);
            written.Add(name);
        }
    }

    private static string SettingName(string line)
    {
        var text = line.TrimStart();
        var end = text.IndexOfAny([' ', '=', '\t']);
        return end < 0 ? text : text[..end];
    }
}
