using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Tests.Invariants;
using TwiBackup.Tests.Stores;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Attacks.Kill;

/// <summary>
/// SIGKILL to the S3 server itself, radosgw alone or with all that lies behind it, in the middle of a backup, of WAL, of a restore, of a
/// prune, at points that a seed chooses by bytes; then it comes back on what it had on disk. What was acknowledged is there, nothing by half
/// is taken for whole, jobs end well or whole with the reason, and the next run needs no help.
/// </summary>
public sealed class Invariant04_A_killed_store_loses_nothing_acknowledged(KilledStore store) : IClassFixture<KilledStore>
{
    private const int SegmentSize = 1 << 20;

    [Fact]
    public async Task Under_a_backup_there_is_a_whole_set_or_none()
    {
        var random = new Random(Tally.Seed());
        var (system, proxy) = await store.StartAsync();
        await using var ends = system;
        await using var closes = proxy;
        await system.Server.ExecuteAsync("app", "create table kept as select g, md5(g::text) t from generate_series(1, 50000) g");
        Done(await system.RunAsync("backup", "database"));
        var (kills, failed, round) = (0, 0, 0);
        foreach (var point in Victim.Points(random, proxy.Bytes, Tally.Rounds(4, 40)))
        {
            var before = await system.Catalog.ListIdsAsync(SetKind.Full, CommandLine.Cancellation);
            var (killed, outcome) = await store.KillUnderAsync(
                system, proxy, point, all: round % 3 == 2, away: round % 2 == 0 ? TimeSpan.FromMilliseconds(random.Next(1500)) : null, "backup", "database");
            kills += killed ? 1 : 0;
            round++;
            var after = await system.Catalog.ListIdsAsync(SetKind.Full, CommandLine.Cancellation);
            Assert.Empty(before.Except(after));
            if (outcome.ExitCode == 0)
            {
                Assert.Equal(before.Count + 1, after.Count);
            }
            else
            {
                // One more: its manifest had arrived, and the answer had not.
                Assert.InRange(after.Count, before.Count, before.Count + 1);
                FailedWhole(outcome);
                failed++;
            }

            await StoredFulls.CheckAsync(system.Catalog);
        }

        Assert.True(kills >= 2, $"the store was killed {kills} times");
        Done(await system.RunAsync("backup", "database"));
        await StoredFulls.CheckAsync(system.Catalog);
        Done(await system.RunAsync("verify", "database", "--scratch", system.Folder));
        Tally.Add("full backup: the S3 server killed under it", (kills, "kills"), (failed, "jobs that failed whole"));
    }

    [Fact]
    public async Task Under_the_receiver_no_acknowledged_WAL_is_lost()
    {
        var random = new Random(Tally.Seed());
        var (system, proxy) = await store.StartAsync(("wal_keep_size", "4GB"), ("max_wal_size", "4GB"));
        await using var ends = system;
        await using var closes = proxy;
        await system.ChangePolicyAsync(p => p["backups"]!["incremental"]!["flushInterval"] = "200ms");
        await system.Server.ExecuteAsync("app", "create table load(id int, t text)");
        var layout = await WalBytes.LayoutAsync(system.Server, CommandLine.System);
        await using var writer = new CommittingWriter(system.Server, rows: 20);
        await using var receiver = new ReceiverProcess(system);
        await receiver.StartAsync();
        var from = Lsn.Parse(await system.Server.ScalarAsync("select restart_lsn from pg_replication_slots"));
        var rounds = Tally.Rounds(6, 60);
        for (var round = 0; round < rounds; round++)
        {
            var dead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var all = round % 4 == 3;
            proxy.When(proxy.Bytes + random.Next(20_000, 1_500_000), () =>
            {
                store.Server.Kill(all);
                dead.SetResult();
            });
            await dead.Task.WaitAsync(TimeSpan.FromMinutes(1), CommandLine.Cancellation);
            await Task.Delay(random.Next(1000), CommandLine.Cancellation);
            // Read while the store is dead: nothing that it has not got can be acknowledged any more.
            var acknowledged = await WalBytes.AcknowledgedAsync(system.Server);
            await store.Server.StartAgainAsync();
            var proof = await WalBytes.ProveAsync(system.Catalog, layout, from, acknowledged);
            Assert.True(proof.Whole, $"round {round}{(all ? ", all of it" : "")}: {acknowledged} was acknowledged: {proof.Message}");
        }

        await writer.StopAsync();
        var to = Lsn.Parse(await system.Server.ScalarAsync("select pg_current_wal_flush_lsn()"));
        await receiver.CatchUpAsync(to);
        Done(await receiver.StopAsync());
        var segments = await WalBytes.CompareAsync(system.Catalog, layout, system.Server, from, to, SegmentSize);
        var chain = await WalChain.LoadAsync(system.Store.Store, layout, CommandLine.Cancellation);
        Assert.Empty(chain.Gaps());
        Assert.Empty(chain.Of(1)!.Conflicts);
        Assert.Empty(chain.Strangers);
        Assert.True(segments >= rounds / 4, $"{segments} segments say little");
        Tally.Add("WAL receiver: the S3 server killed under it", (rounds, "kills"), (segments, "segments compared"));
    }

    [Fact]
    public async Task Under_a_restore_it_ends_whole_or_is_begun_anew()
    {
        var random = new Random(Tally.Seed());
        var (system, proxy) = await store.StartAsync();
        await using var ends = system;
        await using var closes = proxy;
        await system.Server.ExecuteAsync("app", "create table kept as select g as id, md5(g::text) t from generate_series(1, 50000) g");
        await using (var receiver = new ReceiverProcess(system))
        {
            await receiver.StartAsync();
            Done(await system.RunAsync("backup", "database"));
            await system.Server.ExecuteAsync("app", "insert into kept select g, md5(g::text) from generate_series(50001, 60000) g");
            await receiver.CatchUpAsync(Lsn.Parse(await system.Server.ScalarAsync("select pg_current_wal_flush_lsn()")));
            Done(await receiver.StopAsync());
        }

        var directory = Path.Combine(system.Folder, "again");
        string[] job = ["restore", "database", directory, "--start-over"];
        var sent = proxy.Bytes;
        Done(await system.RunAsync(job));
        var total = proxy.Bytes - sent;
        Directory.Delete(directory, recursive: true);
        var (kills, failed, round) = (0, 0, 0);
        foreach (var point in Victim.Points(random, total, Tally.Rounds(4, 30)))
        {
            var (killed, outcome) = await store.KillUnderAsync(
                system, proxy, point, all: round % 3 == 2, away: round % 2 == 0 ? TimeSpan.FromMilliseconds(random.Next(1500)) : null, job);
            round++;
            kills += killed ? 1 : 0;
            await LeftOvers.WaitUntilNoneAsync(directory);
            if (outcome.ExitCode == 0)
            {
                await RestoredRows.CheckAsync(directory, "60000");
                Directory.Delete(directory, recursive: true);
                continue;
            }

            failed++;
            FailedWhole(outcome);
        }

        Assert.True(kills >= 2, $"the store was killed {kills} times");
        Done(await system.RunAsync(job));
        await RestoredRows.CheckAsync(directory, "60000");
        Tally.Add("restore: the S3 server killed under it", (kills, "kills"), (failed, "jobs that failed whole"));
    }

    [Fact]
    public async Task Under_a_prune_nothing_that_is_needed_goes()
    {
        var random = new Random(Tally.Seed());
        var (system, proxy) = await store.StartAsync();
        await using var ends = system;
        await using var closes = proxy;
        var needed = await PrunedSystem.PlantAsync(system);
        var before = proxy.Bytes;
        Done(await system.RunAsync("prune"));
        var (kills, failed, round) = (0, 0, 0);
        foreach (var point in Victim.Points(random, proxy.Bytes - before, Tally.Rounds(4, 30)))
        {
            var (killed, outcome) = await store.KillUnderAsync(
                system, proxy, point, all: round % 3 == 2, away: round % 2 == 0 ? TimeSpan.FromMilliseconds(random.Next(1500)) : null, "prune");
            round++;
            kills += killed ? 1 : 0;
            if (outcome.ExitCode != 0)
            {
                failed++;
                FailedWhole(outcome);
            }

            await needed.CheckAsync(system);
            await needed.CheckTagsAsync(system);
        }

        Assert.True(kills >= 2, $"the store was killed {kills} times");
        Done(await system.RunAsync("prune"));
        await needed.CheckTagsAsync(system);
        Tally.Add("prune: the S3 server killed under it", (kills, "kills"), (failed, "jobs that failed whole"));
    }

    private static void Done(CommandLine.Outcome outcome) => Assert.True(outcome.ExitCode == 0, outcome.Errors);

    private static void FailedWhole(CommandLine.Outcome outcome)
    {
        Assert.Equal((int)ExitCode.Failed, outcome.ExitCode);
        Assert.True(outcome.Reason.Length > 20, outcome.Errors);
        Assert.DoesNotContain("Unexpected", outcome.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("did not say what", outcome.Reason, StringComparison.Ordinal);
    }
}
