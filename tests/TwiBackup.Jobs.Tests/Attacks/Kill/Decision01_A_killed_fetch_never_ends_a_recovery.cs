using TwiBackup.Postgres;
using TwiBackup.Tests.Invariants;
using TwiBackup.Tests.Postgres;
using TwiBackup.Tests.Stores;
using TwiBackup.Tests.Wal;

namespace TwiBackup.Tests.Attacks.Kill;

/// <summary>
/// SIGKILL to restore_command while a server recovers: PostgreSQL must give up, not promote with what it has; started again it goes on, and
/// in the end every row is there.
/// </summary>
public sealed class Decision01_A_killed_fetch_never_ends_a_recovery
{
    [Fact]
    public async Task A_server_whose_fetch_is_killed_stops_and_goes_on_when_it_is_started_again()
    {
        var random = new Random(Tally.Seed());
        await using var system = await CommandLine.StartAsync(
            CommandLine.Fastest, new InitOptions { WalSegmentSizeMb = 1 }, TestStores.NewFileStore(), ("wal_keep_size", "1GB"));
        await system.Server.ExecuteAsync("app", "create table load(id int, t text)");
        var copy = await PostgresReplaysWalTests.BaseBackupAsync(system.Server);
        const int Segments = 4;
        var last = "";
        for (var i = 0; i < Segments; i++)
        {
            await system.Server.ExecuteAsync("app", $"insert into load select {i}, repeat(md5(g::text), 10) from generate_series(1, 500) g");
            last = await system.Server.ScalarAsync("select pg_walfile_name(pg_switch_wal())");
        }

        var first = File.ReadLines(Path.Combine(copy, "backup_label")).First()[^25..^1];
        foreach (var file in Directory.GetFiles(Path.Combine(system.Server.DataDirectory, "pg_wal"), "0000*").Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(file);
            if (name.Length == 24 && string.CompareOrdinal(name, first) >= 0 && string.CompareOrdinal(name, last) <= 0)
                Assert.Equal(0, (await system.RunAsync("wal", "push", file)).ExitCode);
        }

        var layout = await WalBytes.LayoutAsync(system.Server, CommandLine.System);
        var clock = Victim.Clock();
        await system.RunAsync("wal", "fetch", first, Path.Combine(system.Folder, "measured"), "--cluster", layout.Cluster);
        var duration = clock();
        var toKill = Tally.Rounds(4, 30);
        var kills = 0;
        await using var shell = new RecoveryShell(async (name, destination, _) =>
        {
            var fetch = system.Start("wal", "fetch", name, destination, "--cluster", layout.Cluster);
            if (kills == toKill || random.Next(2) == 0)
                return (await CommandLine.EndAsync(fetch)).ExitCode;
            var (killed, outcome) = await Victim.KillAsync(fetch, Victim.Clock(), random.NextInt64(duration));
            kills += killed ? 1 : 0;
            return outcome.ExitCode;
        });

        File.WriteAllText(Path.Combine(copy, "recovery.signal"), "");
        for (var attempt = 0; ; attempt++)
        {
            Assert.True(attempt <= toKill * 3, "it never comes up");
            var before = kills;
            try
            {
                // Promoted, or ended before it was.
                await using var server = await LocalServer.StartAsync(
                    copy, TestPostgres.Options(new Dictionary<string, string> { ["restore_command"] = shell.Command, ["hot_standby"] = "off" }, null), CommandLine.Cancellation);
                while (!server.HasExited && File.Exists(Path.Combine(copy, "recovery.signal")))
                    await Task.Delay(20, CommandLine.Cancellation);
                if (!server.HasExited && kills == before)
                {
                    Assert.Equal($"{Segments * 500}", await AskAsync(server, "select count(*) from load"));
                    break;
                }
            }
            catch (TwiBackupException)
            {
                // It ended while it was waited for.
            }

            Assert.True(kills > before, "it ended though nothing was killed");
            Assert.False(File.Exists(Path.Combine(copy, "pg_wal", "00000002.history")), "it was promoted after a fetch was killed");
        }

        Directory.Delete(Path.GetDirectoryName(copy)!, recursive: true);
        // On a slow machine the recovery may end before as many fetches were met alive as were to be killed.
        Assert.InRange(kills, 1, toKill);
        Tally.Add("wal fetch in a recovery: SIGKILL by time", (kills, "kills"));
    }

    private static async Task<string> AskAsync(LocalServer server, string query)
    {
        while (true)
        {
            try
            {
                await using var connection = await TestPostgres.OpenAsync(server.Connection with { Database = "app" });
                await using var command = new Npgsql.NpgsqlCommand(query, connection);
                return $"{await command.ExecuteScalarAsync(CommandLine.Cancellation)}";
            }
            catch (Npgsql.NpgsqlException) when (!server.HasExited)
            {
                // Promoted, and a moment from letting us in.
                await Task.Delay(20, CommandLine.Cancellation);
            }
        }
    }
}
