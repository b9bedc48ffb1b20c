using System.Text.RegularExpressions;

namespace TwiBackup.Postgres.Replication;

/// <summary>What an operator can do about what the server says
/// (<see href="https://www.postgresql.org/docs/current/errcodes-appendix.html">SQLSTATEs</see>).</summary>
internal static partial class ServerErrors
{
    /// <summary>A database or role may be refused over one kind of connection and let in over the other.</summary>
    public const string NotAuthorised = "28000";

    private const string _wrongPassword = "28P01", _noPrivilege = "42501", _tooMany = "53300", _cannotConnectNow = "57P03";
    private const string _limitReached = "53400", _inUse = "55006", _missing = "42704", _exists = "42710", _notReady = "55000",
        _corrupted = "XX001", _noFile = "58P01";

    /// <summary>For an error while connecting.</summary>
    public static TwiBackupException AtStartup(ServerReport report, ConnectionSettings settings)
    {
        var cause = ToException(report);
        var (what, remedy) = report.SqlState switch
        {
            _wrongPassword => ("refused the password", "Correct it: PGPASSWORD or the password file."),
            NotAuthorised when report.Message.Contains("pg_hba.conf", StringComparison.Ordinal) =>
                ($"has no entry in pg_hba.conf that lets this user in ({report.Message})",
                $"Add \"{(settings.IsUnixSocket ? "local" : "hostssl")} {(IsReplication(report) ? "replication" : settings.Database)} "
                    + $"{settings.User}{(settings.IsUnixSocket ? "" : " <this machine's address>")} scram-sha-256\" to it and reload "
                    + $"the server."),
            NotAuthorised or "28P00" => ($"does not let this user in ({report.Message})", "Create the role: CREATE ROLE … LOGIN "
                + "REPLICATION PASSWORD …."),
            _noPrivilege when report.Message.Contains("for database", StringComparison.Ordinal) =>
                ($"does not let this user into the database ({report.Message})", $"Run: GRANT CONNECT ON DATABASE \"{settings.Database}\" TO \"{settings.User}\";"),
            _noPrivilege => ("does not let this user replicate", $"Run: ALTER ROLE \"{settings.User}\" REPLICATION;"),
            _tooMany when report.Message.Contains("(currently 0)", StringComparison.Ordinal) =>
                ("does not allow replication: wal_level is minimal or max_wal_senders is 0", "Set wal_level = replica and "
                    + "max_wal_senders = 10, and restart the server."),
            _tooMany when report.Message.Contains("max_wal_senders", StringComparison.Ordinal) =>
                ("has no walsender free: max_wal_senders is used up", "Raise max_wal_senders and restart the server, or end a client "
                    + "that pg_stat_replication shows."),
            _tooMany => ($"has no connection free ({report.Message})", "Raise max_connections, or end a client."),
            _cannotConnectNow => ($"does not accept connections now ({report.Message})", "Try again when it is up."),
            _ => ($"refused the connection: {report.Message} ({report.SqlState})", report.Hint ?? "Look into the server's log."),
        };
        return new TwiBackupException($"PostgreSQL at {settings} {what}. {remedy}", cause);
    }

    // "no pg_hba.conf entry for replication connection from host …", or "… for host …, user …, database …".
    private static bool IsReplication(ServerReport report) => report.Message.Contains("replication connection", StringComparison.Ordinal);

    /// <summary>For an error of a command.</summary>
    public static PostgresErrorException ToException(ServerReport report) => new(report.SqlState, report.Message, report.SqlState switch
    {
        _limitReached when report.Message.Contains("replication slots", StringComparison.Ordinal) =>
            "Raise max_replication_slots and restart the server, or drop a slot that pg_replication_slots shows as not active.",
        _inUse =>
            "Another receiver uses the slot: end it, or wait until the server notices that it is gone (wal_sender_timeout).",
        _missing when report.Message.Contains("replication slot", StringComparison.Ordinal) => "Create the slot, and take a full "
            + "backup: WAL may be missing.",
        _exists when report.Message.Contains("replication slot", StringComparison.Ordinal) => "Drop it first, or use another name.",
        _notReady when report.Message.Contains("wal_level", StringComparison.OrdinalIgnoreCase) || report.Message.Contains("WAL "
            + "level", StringComparison.Ordinal) =>
            "Set wal_level = replica and restart the server.",
        _noFile when report.Message.Contains("has already been removed", StringComparison.Ordinal) =>
            "The chain has a gap here: take a full backup, and check the slot and max_slot_wal_keep_size.",
        _noPrivilege => "Give the role REPLICATION: ALTER ROLE … REPLICATION.",
        "57P01" or "57P02" or "57P03" => "The server was shut down or crashed: try again when it is up.",
        _ => report.Hint,
    });

    /// <summary>For an error of a base backup, with the warnings that came before it.</summary>
    public static TwiBackupException InBaseBackup(ServerReport report, IReadOnlyCollection<string> notices)
    {
        var cause = ToException(report);
        if (report.SqlState != _corrupted)
            return cause;
        var files = notices
            .Select(notice => QuotedFile().Match(notice))
            .Where(match => match.Success)
            .Select(match => match.Groups[1].Value)
            .Select(file => file.StartsWith("./", StringComparison.Ordinal) ? file[2..] : file)
            .Distinct()
            .ToList();
        if (files.Count == 0)
            return cause;
        var named = string.Join(", ", files.Take(5)) + (files.Count > 5 ? $" and {files.Count - 5} more" : "");
        return new TwiBackupException(
            $"The database is damaged: page checksums are wrong in {named}. This backup is not kept; find the relation with "
                + $"pg_filenode_relation and restore it from the newest good one.", cause);
    }

    // file "./base/5/16384" has a total of 3 checksum verification failures; checksum verification failed in file "./base/5/16384", block
    // 0: …
    [GeneratedRegex("checksum verification fail.*?file \"([^\"]+)\"|^file \"(?<1>[^\"]+)\" has a total of")]
    private static partial Regex QuotedFile();
}
