using TwiBackup.Postgres;
using TwiBackup.Tests.Invariants;
using TwiBackup.Tests.Stores;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Attacks.Kill;

/// <summary>SIGKILL to archive_command at points spread over its run; PostgreSQL runs it again with the same file.</summary>
public sealed class Decision15_A_killed_push_is_made_again
{
    [Fact]
    public async Task A_segment_whose_push_was_killed_anywhere_is_stored_once_and_whole_by_the_next()
    {
        var random = new Random(Tally.Seed());
        await using var proxy = await S3Faults.NewProxyAsync();
        await using var system = await CommandLine.StartAsync(
            CommandLine.Fastest, new InitOptions { WalSegmentSizeMb = 1 }, await TestStores.NewS3StoreAsync(), ("wal_keep_size", "1GB"));
        await system.UseStoreAsync(S3Faults.UrlThrough(proxy, system.Store));
        await system.Server.ExecuteAsync("app", "create table load(id int, t text)");
        var rounds = Tally.Rounds(8, 80);
        var names = new List<string>();
        for (var i = 0; i < rounds + 2; i++)
        {
            await system.Server.ExecuteAsync("app", "insert into load select g, repeat(md5(g::text), 10) from generate_series(1, 500) g");
            names.Add(await system.Server.ScalarAsync("select pg_walfile_name(pg_switch_wal())"));
        }

        string PathOf(string name) => Path.Combine(system.Server.DataDirectory, "pg_wal", name);
        // The first one stores more than those behind it.
        Assert.Equal(0, (await system.RunAsync("wal", "push", PathOf(names[0]))).ExitCode);
        var before = proxy.Bytes;
        Assert.Equal(0, (await system.RunAsync("wal", "push", PathOf(names[1]))).ExitCode);
        var kills = 0;
        var next = 2;
        foreach (var point in Victim.Points(random, proxy.Bytes - before, rounds))
        {
            var path = PathOf(names[next++]);
            var job = system.Start("wal", "push", path);
            var process = job.Id;
            proxy.When(proxy.Bytes + point, () => ServerProcesses.Signal(process, ServerProcesses.Kill));
            kills += (await CommandLine.EndAsync(job)).ExitCode == 137 ? 1 : 0;
            proxy.When(long.MaxValue, () => { });
            var again = await system.RunAsync("wal", "push", path);
            Assert.True(again.ExitCode == 0, again.Errors);
        }

        Assert.True(kills >= rounds / 2, $"only {kills} were killed");
        var layout = await WalBytes.LayoutAsync(system.Server, CommandLine.System);
        var chain = await WalChain.LoadAsync(system.Store.Store, layout, CommandLine.Cancellation);
        Assert.Equal(names.Count, chain.Of(1)!.SegmentCount);
        Assert.Empty(chain.Of(1)!.Conflicts);
        Assert.Empty(chain.Strangers);
        Assert.True(WalSegment.TryParse(names[0], 1 << 20, out var begin) & WalSegment.TryParse(names[^1], 1 << 20, out var end));
        Assert.Equal(names.Count, await WalBytes.CompareAsync(system.Catalog, layout, system.Server, begin.Start, end.End, 1 << 20));
        Tally.Add("wal push: SIGKILL by bytes sent", (kills, "kills"), (names.Count, "segments compared"));
    }
}
