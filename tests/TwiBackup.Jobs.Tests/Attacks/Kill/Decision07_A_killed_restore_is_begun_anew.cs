using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Postgres;
using TwiBackup.Tests.Database;
using TwiBackup.Tests.Invariants;
using TwiBackup.Tests.Postgres;
using TwiBackup.Tests.Stores;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Attacks.Kill;

/// <summary>
/// SIGKILL to a restore by bytes while it lays the base down, and by time until it ends; and to the private server that replays. Nothing of
/// it lives on, what it left is not taken for a cluster, and with the word to do so it is begun anew.
/// </summary>
public sealed class Decision07_A_killed_restore_is_begun_anew
{
    private const string Rows = "20000";

    [Fact]
    public async Task Killed_anywhere_it_leaves_no_server_and_is_begun_anew_until_every_row_is_back()
    {
        var random = new Random(Tally.Seed());
        await using var system = await StartAsync();
        var clock = Victim.Clock();
        var first = system.Start("restore", "database", Path.Combine(system.Folder, "first"));
        var total = await Victim.MeasureAsync(first, Victim.Written(first));
        var duration = clock();

        var directory = Path.Combine(system.Folder, "again");
        var rounds = Tally.Rounds(5, 40);
        var kills = 0;
        var points = Victim.Points(random, total, rounds).Select(p => (ByBytes: true, At: p))
            .Concat(Victim.Points(random, duration, rounds).Select(p => (ByBytes: false, At: p)));
        foreach (var (byBytes, at) in points)
        {
            var job = system.Start("restore", "database", directory, "--start-over");
            var (killed, outcome) = await Victim.KillAsync(job, byBytes ? Victim.Written(job) : Victim.Clock(), at);
            await LeftOvers.WaitUntilNoneAsync(directory);
            if (!killed)
            {
                Assert.True(outcome.ExitCode == 0, outcome.Errors);
                Directory.Delete(directory, recursive: true);
                continue;
            }

            kills++;
            if (!Directory.Exists(directory) || !Directory.EnumerateFileSystemEntries(directory).Any())
                continue;
            if (File.Exists(Path.Combine(directory, RestoreTarget.MarkerName)))
            {
                // It is told from a cluster, and nothing is done to it by accident.
                var refused = await system.RunAsync("restore", "database", directory);
                Assert.Equal((int)ExitCode.WrongUse, refused.ExitCode);
                Assert.Contains("--start-over", refused.Reason, StringComparison.Ordinal);
            }
            else
            {
                // It had ended, but for its last words.
                await RestoredRows.CheckAsync(directory, Rows);
                Directory.Delete(directory, recursive: true);
            }
        }

        Assert.True(kills >= rounds, $"only {kills} were killed");
        var restored = await system.RunAsync("restore", "database", directory, "--start-over");
        Assert.True(restored.ExitCode == 0, restored.Errors);
        await RestoredRows.CheckAsync(directory, Rows);
        Tally.Add("restore: SIGKILL by bytes written and by time", (kills, "kills"));
    }

    [Fact]
    public async Task When_the_server_that_replays_is_killed_it_says_so_and_is_begun_anew()
    {
        var random = new Random(Tally.Seed());
        await using var system = await StartAsync();
        var directory = Path.Combine(system.Folder, "again");
        var kills = 0;
        for (var round = 0; round < Tally.Rounds(2, 15); round++)
        {
            var ended = CommandLine.EndAsync(system.Start("restore", "database", directory, "--start-over"));
            List<int> server;
            while ((server = ServerProcesses.Find(directory, null)).Count == 0 && !ended.IsCompleted)
                await Task.Delay(1, CommandLine.Cancellation);
            await Task.Delay(random.Next(100), CommandLine.Cancellation);
            server = ServerProcesses.Find(directory, null);
            server.ForEach(process => ServerProcesses.Signal(process, ServerProcesses.Kill));
            var outcome = await ended;
            if (outcome.ExitCode == 0)
            {
                Directory.Delete(directory, recursive: true);
                continue;
            }

            kills++;
            Assert.Equal((int)ExitCode.Failed, outcome.ExitCode);
            Assert.DoesNotContain("Unexpected", outcome.Reason, StringComparison.Ordinal);
            Assert.True(File.Exists(Path.Combine(directory, RestoreTarget.MarkerName)));
            await LeftOvers.WaitUntilNoneAsync(directory);
        }

        Assert.True(kills > 0, "none was killed");
        var restored = await system.RunAsync("restore", "database", directory, "--start-over");
        Assert.True(restored.ExitCode == 0, restored.Errors);
        await RestoredRows.CheckAsync(directory, Rows);
        Tally.Add("restore: its private PostgreSQL killed", (kills, "kills"));
    }

    [Fact]
    public async Task One_to_an_earlier_point_that_was_killed_when_it_had_its_timeline_does_not_become_the_newest_point()
    {
        await using var source = await BackedUpServer.StartAsync();
        await source.ExecuteAsync("create table rows(id int, t text)");
        await source.StartReceiverAsync();
        await source.BackUpAsync();
        await source.ExecuteAsync("insert into rows values (1)");
        var early = Lsn.Parse(await source.AskAsync("select pg_current_wal_flush_lsn()"));
        await source.ExecuteAsync("insert into rows values (2)");
        await source.CatchUpAsync();
        await source.StopReceiverAsync();

        await EndAfterClaimAsync(source, new RecoveryTarget { Lsn = early });
        var chain = await WalChain.LoadAsync(source.Store.Store, (await source.PlanAsync(new RecoveryTarget { Timeline = 1 })).Layout, BackedUpServer.Cancellation);
        Assert.Equal(2u, chain.NewestTimeline);

        foreach (var target in (RecoveryTarget[])[RecoveryTarget.Latest, new RecoveryTarget { Immediate = true }])
        {
            var refused = await Assert.ThrowsAsync<TwiBackupException>(() => source.PlanAsync(target));
            Assert.Equal(ExitCode.WrongUse, refused.ExitCode);
            Assert.Contains("--timeline 1", refused.Message, StringComparison.Ordinal);
            Assert.Contains("--timeline 2", refused.Message, StringComparison.Ordinal);
        }

        await using (var one = await source.RestoreAsync(new RecoveryTarget { Timeline = 1 }))
            Assert.Equal("2", await one.AskAsync("select count(*) from rows"));
        await using (var two = await source.RestoreAsync(new RecoveryTarget { Timeline = 2 }))
            Assert.Equal("1", await two.AskAsync("select count(*) from rows"));

        // The system itself lives on, on the first timeline, long after: then that is meant.
        foreach (var history in Directory.GetFiles(source.Store.Root, "00000002.history*", SearchOption.AllDirectories))
            File.SetLastWriteTimeUtc(history, DateTime.UtcNow.AddHours(-1));
        var plan = await source.PlanAsync(RecoveryTarget.Latest);
        Assert.Equal(1u, plan.Path.Timeline);
        Assert.Contains(plan.Skipped, line => line.Contains("Timeline 2", StringComparison.Ordinal));
        await using var latest = await source.RestoreAsync(RecoveryTarget.Latest);
        Assert.Equal("2", await latest.AskAsync("select count(*) from rows"));
        Tally.Add("restore to an earlier point: ended after its timeline was claimed", (1, "kills"));
    }

    [Fact]
    public async Task One_to_the_newest_point_that_was_killed_when_it_had_its_timeline_needs_no_word()
    {
        await using var source = await BackedUpServer.StartAsync();
        await source.ExecuteAsync("create table rows(id int, t text)");
        await source.StartReceiverAsync();
        await source.BackUpAsync();
        await source.ExecuteAsync("insert into rows values (1)");
        await source.CatchUpAsync();
        await source.StopReceiverAsync();
        for (var timeline = 2u; timeline < 5; timeline++)
        {
            await EndAfterClaimAsync(source, RecoveryTarget.Latest);
            Assert.Equal(timeline, (await source.PlanAsync(RecoveryTarget.Latest)).Path.Timeline);
        }

        await using var server = await source.RestoreAsync(RecoveryTarget.Latest);
        Assert.Equal("1", await server.AskAsync("select count(*) from rows"));
        Tally.Add("restore to the newest point: ended after its timeline was claimed", (3, "kills"));
    }

    /// <summary>The slot can't be made: the restore ends after its history is in the store, as one that is killed then.</summary>
    private static async Task EndAfterClaimAsync(BackedUpServer source, RecoveryTarget target)
    {
        var restore = source.Restore(new RestoreOptions { DataDirectory = source.NewDataDirectory(), SlotName = "NOT A NAME" });
        var plan = await source.PlanAsync(target);
        await Assert.ThrowsAnyAsync<Exception>(() => restore.RunAsync(plan, BackedUpServer.Cancellation));
    }

    /// <summary>A full and WAL behind it, received to the end.</summary>
    private static async Task<CommandLine> StartAsync()
    {
        var system = await CommandLine.StartAsync(CommandLine.Fastest, new InitOptions { WalSegmentSizeMb = 1 }, TestStores.NewFileStore());
        await system.Server.ExecuteAsync("app", "create table kept(id int, t text)");
        var receiver = system.Start("wal", "receive");
        var process = receiver.Id;
        var ended = CommandLine.EndAsync(receiver);
        while (await system.Server.ScalarAsync("select count(*) from pg_replication_slots where active") != "1")
            await Task.Delay(20, CommandLine.Cancellation);
        var backup = await system.RunAsync("backup", "database");
        Assert.True(backup.ExitCode == 0, backup.Errors);
        await system.Server.ExecuteAsync("app", $"insert into kept select g, md5(g::text) from generate_series(1, {Rows}) g");
        var end = Lsn.Parse(await system.Server.ScalarAsync("select pg_current_wal_flush_lsn()"));
        while (Lsn.Parse(await system.Server.ScalarAsync("select coalesce((select max(flush_lsn) from pg_stat_replication), '0/0')")) < end)
            await Task.Delay(20, CommandLine.Cancellation);
        ServerProcesses.Signal(process, ServerProcesses.Terminate);
        Assert.True((await ended).ExitCode == 0, (await ended).Errors);
        return system;
    }
}
