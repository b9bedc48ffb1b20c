using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Retention;
using TwiBackup.Tests.Invariants;
using TwiBackup.Tests.Stores;

namespace TwiBackup.Tests.Attacks.Kill;

/// <summary>SIGKILL to a full backup at points spread over all its bytes, to the server under it, and to both store kinds' writers.</summary>
public sealed class Invariant01_A_killed_backup_is_no_set
{
    private static readonly InitOptions SmallSegments = new() { WalSegmentSizeMb = 1 };

    [Fact]
    public async Task Killed_at_points_spread_over_its_bytes_it_leaves_a_whole_set_or_garbage_which_prune_removes_and_nothing_else()
    {
        var seed = Tally.Seed();
        await using var system = await CommandLine.StartAsync(CommandLine.Fastest, SmallSegments, TestStores.NewFileStore());
        await system.Server.ExecuteAsync("app", "create table kept as select g, md5(g::text) t from generate_series(1, 20000) g");
        var first = system.Start("backup", "database");
        var total = await Victim.MeasureAsync(first, Victim.Written(first));

        var kills = 0;
        foreach (var point in Victim.Points(new Random(seed), total, Tally.Rounds(10, 100)))
        {
            var job = system.Start("backup", "database");
            kills += (await Victim.KillAsync(job, Victim.Written(job), point)).Killed ? 1 : 0;
            await StoredFulls.CheckAsync(system.Catalog);
            await WaitForLockAsync(system);
        }

        Assert.True(kills >= 5, $"only {kills} were killed");
        var good = await system.RunAsync("backup", "database");
        Assert.True(good.ExitCode == 0, good.Errors);

        // Garbage is a running job's until it is two days old.
        var sets = Path.Combine(system.Store.Root, CommandLine.System, SetKind.Full.Folder());
        var committed = await system.Catalog.ListIdsAsync(SetKind.Full, CommandLine.Cancellation);
        var left = Directory.GetDirectories(sets).Select(d => Path.GetFileName(d)!).Except(committed).ToList();
        bool IsKept(string name) => committed.Any(id => name.Contains(id, StringComparison.Ordinal));
        var before = Photographs.Take(system.Store.Root, IsKept);
        Assert.True((await system.RunAsync("prune")).ExitCode == 0);
        Assert.All(left, id => Assert.True(Directory.Exists(Path.Combine(sets, id))));

        Photographs.Age(system.Store.Root, Pruner.GarbageAge + TimeSpan.FromHours(1), file => !IsKept(file));
        var pruned = await system.RunAsync("prune");
        Assert.True(pruned.ExitCode == 0, pruned.Errors);
        Assert.Equal(before, Photographs.Take(system.Store.Root));
        var proven = await system.RunAsync("verify", "database", "--scratch", system.Folder);
        Assert.True(proven.ExitCode == 0, proven.Errors);
        Tally.Add("full backup, folder: SIGKILL by bytes written", (kills, "kills"), (left.Count, "garbage removed"));
    }

    [Fact]
    public async Task Killed_at_any_byte_on_its_way_to_S3_it_leaves_a_whole_set_or_none()
    {
        var random = new Random(Tally.Seed());
        await using var proxy = await S3Faults.NewProxyAsync();
        await using var system = await CommandLine.StartAsync(CommandLine.Fastest, SmallSegments, await TestStores.NewS3StoreAsync());
        await system.UseStoreAsync(S3Faults.UrlThrough(proxy, system.Store));
        var first = await system.RunAsync("backup", "database");
        Assert.True(first.ExitCode == 0, first.Errors);
        var total = proxy.Bytes;

        var kills = 0;
        foreach (var point in Victim.Points(random, total, Tally.Rounds(6, 60)))
        {
            var job = system.Start("backup", "database");
            var process = job.Id;
            proxy.When(proxy.Bytes + point, () => ServerProcesses.Signal(process, ServerProcesses.Kill));
            kills += (await CommandLine.EndAsync(job)).ExitCode == 137 ? 1 : 0;
            proxy.When(long.MaxValue, () => { });
            await StoredFulls.CheckAsync(system.Catalog);
            await WaitForLockAsync(system);
        }

        Assert.True(kills >= 4, $"only {kills} were killed");
        var good = await system.RunAsync("backup", "database");
        Assert.True(good.ExitCode == 0, good.Errors);
        await StoredFulls.CheckAsync(system.Catalog);
        Tally.Add("full backup, S3: SIGKILL by bytes sent", (kills, "kills"));
    }

    [Fact]
    public async Task When_the_server_is_killed_under_it_it_says_so_and_commits_nothing()
    {
        var random = new Random(Tally.Seed());
        await using var system = await CommandLine.StartAsync(CommandLine.Fastest, SmallSegments, TestStores.NewFileStore());
        var first = system.Start("backup", "database");
        var total = await Victim.MeasureAsync(first, Victim.Written(first));
        var kills = 0;
        foreach (var point in Victim.Points(random, total * 3 / 4, Tally.Rounds(3, 20)))
        {
            var before = await system.Catalog.ListIdsAsync(SetKind.Full, CommandLine.Cancellation);
            var job = system.Start("backup", "database");
            var written = Victim.Written(job);
            var ended = CommandLine.EndAsync(job);
            while (!ended.IsCompleted && written() < point)
                await Task.Delay(1, CommandLine.Cancellation);
            var inTime = !ended.IsCompleted;
            system.Server.Server.Kill();
            var outcome = await ended;
            var after = await system.Catalog.ListIdsAsync(SetKind.Full, CommandLine.Cancellation);
            if (outcome.ExitCode != 0)
            {
                Assert.Equal((int)ExitCode.Failed, outcome.ExitCode);
                Assert.DoesNotContain("Unexpected", outcome.Reason, StringComparison.Ordinal);
                Assert.DoesNotContain("did not say what", outcome.Reason, StringComparison.Ordinal);
                Assert.True(outcome.Reason.Length > 20, outcome.Errors);
                Assert.Equal(before, after);
                kills += inTime ? 1 : 0;
            }

            await StoredFulls.CheckAsync(system.Catalog);
            await system.Server.StartAgainAsync();
        }

        Assert.True(kills >= 2, $"only {kills} backups lost their server");
        var good = await system.RunAsync("backup", "database");
        Assert.True(good.ExitCode == 0, good.Errors);
        Tally.Add("full backup: PostgreSQL killed under it", (kills, "kills"));
    }

    /// <summary>The lock dies with its holder, once the server has noticed.</summary>
    private static async Task WaitForLockAsync(CommandLine system)
    {
        while (await system.Server.ScalarAsync("select count(*) from pg_replication_slots") != "0")
            await Task.Delay(20, CommandLine.Cancellation);
    }
}
