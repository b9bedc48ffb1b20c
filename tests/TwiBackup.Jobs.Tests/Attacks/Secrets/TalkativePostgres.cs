using TwiBackup.Tests.Postgres;

namespace TwiBackup.Tests.Attacks.Secrets;

/// <summary>
/// The machine's PostgreSQL, whose clusters log every statement with its parameters, every connection and every command: as much as an
/// operator may have told a server to.
/// </summary>
internal static class TalkativePostgres
{
    /// <summary>Makes the folder that <c>TWIBACKUP_PG_BIN</c> then names; the server's account must be able to pass to it.</summary>
    public static string Make(string folder)
    {
        var bin = Directory.CreateDirectory(Path.Combine(folder, "talkative")).FullName;
        var real = TestEnvironment.Installation.BinDirectory;
        foreach (var tool in Directory.EnumerateFiles(real).Select(path => Path.GetFileName(path)).Where(name => name != "initdb"))
            File.CreateSymbolicLink(Path.Combine(bin, tool), Path.Combine(real, tool));
        var initdb = Path.Combine(bin, "initdb");
        // -D is the first argument.
        File.WriteAllText(
            initdb,
            $"""
            #!/bin/sh
            '{real}/initdb' "$@" || exit
            [ "$1" = -D ] || exit 0
            cat >>"$2/postgresql.conf" <<'CONF'
            log_statement = all
            log_replication_commands = on
            log_connections = on
            log_min_messages = debug1
            log_min_error_statement = debug5
            log_error_verbosity = verbose
            log_parameter_max_length_on_error = -1
            debug_print_parse = off
            CONF

            """);
        const UnixFileMode ForAll = (UnixFileMode)0b111_101_101;
        File.SetUnixFileMode(bin, ForAll);
        File.SetUnixFileMode(initdb, ForAll);
        return bin;
    }
}
