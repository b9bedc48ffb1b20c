using TwiBackup.Database;
using TwiBackup.Postgres;
using TwiBackup.Tests.Database;
using TwiBackup.Tests.Postgres;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Attacks.Decisions;

/// <summary>
/// After initdb on the same path and port the same segment names come again, from another cluster. Its WAL meets the old one's nowhere, and a
/// restore knows of both.
/// </summary>
public sealed class Decision03_Another_cluster_is_another_chain
{
    [Fact]
    public async Task One_that_takes_the_others_place_blocks_nothing_overwrites_nothing_and_is_not_taken_for_it()
    {
        await using var source = await BackedUpServer.StartAsync();
        var events = new List<WalEvent>();
        await source.ExecuteAsync("create table rows as select 'old' as of");
        await source.StartReceiverAsync(events.Add);
        var old = await source.BackUpAsync();
        await source.ExecuteAsync("insert into rows values ('old')", "select pg_switch_wal()", "insert into rows values ('old')");
        await source.CatchUpAsync();
        var before = source.Photograph();

        // The same directory, the same port, under a receiver that goes on: its slot and everything that it knew are gone.
        await ReplaceAsync(source);
        await source.UntilAsync(() => events.Any(e => e.Kind == WalEventKind.NewCluster), "told");
        Assert.Contains(events, e => e.Kind == WalEventKind.ChainBegins);
        await source.ExecuteAsync("create table rows as select 'new' as of");
        await source.CatchUpAsync();
        var overwritten = before.Where(file => !file.Key.StartsWith(".twibackup", StringComparison.Ordinal) && source.Photograph().GetValueOrDefault(file.Key) != file.Value);
        Assert.Empty(overwritten);

        // Until the new one has a full, the old one is all that can be restored: that is said.
        var plan = await source.PlanAsync(RecoveryTarget.Latest);
        Assert.Equal(old.Id, plan.Set.Id);
        Assert.Contains(plan.Skipped, line => line.Contains(source.Receiver!.Status.Cluster, StringComparison.Ordinal) && line.Contains("no full", StringComparison.Ordinal));
        Assert.True(plan.IsNewerRefused);

        var set = await source.BackUpAsync();
        await source.ExecuteAsync("insert into rows values ('new')");
        await source.CatchUpAsync();
        await source.StopReceiverAsync();
        plan = await source.PlanAsync(RecoveryTarget.Latest);
        Assert.Equal(set.Id, plan.Set.Id);
        Assert.DoesNotContain(plan.Skipped, line => line.Contains("no full", StringComparison.Ordinal));
        await using (var server = await source.RestoreAsync(RecoveryTarget.Latest))
            Assert.Equal("new 2", await server.AskAsync("select min(of) || ' ' || count(*) from rows where of <> 'old'"));
        await using var other = await source.Restore(new RestoreOptions { DataDirectory = source.NewDataDirectory(), Scratch = true })
            .RunAsync(await source.PlanAsync(RecoveryTarget.Latest, old.Id), BackedUpServer.Cancellation);
        Assert.Equal("old 3", await other.AskAsync("select min(of) || ' ' || count(*) from rows"));
        Tally.Add("clusters: another one in the place of the first", (1, "initdb"), (2, "clusters restored"));
    }

    /// <summary>What initdb and a start leave, in the place of what was there.</summary>
    private static async Task ReplaceAsync(BackedUpServer source)
    {
        await using var fresh = await TestPostgres.StartAsync(new InitOptions { WalSegmentSizeMb = 1, Checksums = false });
        await fresh.ExecuteAsync("postgres", "grant pg_monitor to replicator");
        Assert.True(await fresh.Server.StopAsync(StopMode.Fast, TimeSpan.FromSeconds(60), BackedUpServer.Cancellation));
        source.Server.Server.Kill();
        Directory.Delete(source.Server.DataDirectory, recursive: true);
        await TestPostgresTemplate.CopyTreeAsync(fresh.DataDirectory, source.Server.DataDirectory);
        await source.Server.StartAgainAsync();
    }
}
