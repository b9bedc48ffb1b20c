using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Retention;
using TwiBackup.Tests.Database;

namespace TwiBackup.Tests.Invariants;

/// <summary>The properties are in RetentionPropertyTests; here PostgreSQL says that what is left is enough.</summary>
public sealed class Invariant02_Retention_never_deletes_the_newest
{
    [Fact]
    public async Task After_a_prune_with_everything_past_its_time_the_newest_point_is_restored()
    {
        await using var source = await BackedUpServer.StartAsync();
        await source.ExecuteAsync("create table rows(id int)");
        await source.StartReceiverAsync();
        var ids = new List<string>();
        for (var id = 1; id <= 3; id++)
        {
            ids.Add((await source.BackUpAsync(null, BackedUpServer.Options() with { Keep = TimeSpan.Zero })).Id);
            await source.ExecuteAsync($"insert into rows values ({id})", "select pg_switch_wal()");
        }

        await source.CatchUpAsync();
        await source.StopReceiverAsync();
        // No window at all: the hardest that a policy could ask for.
        var report = await new Pruner(source.Catalog, TimeSpan.Zero, null, TimeProvider.System).RunAsync(false, BackedUpServer.Cancellation);
        Assert.Equal(2, report.Sets.Count);
        Assert.True(report.WalObjects > 0);
        Assert.Equal([ids[2]], await source.Catalog.ListIdsAsync(SetKind.Full, BackedUpServer.Cancellation));

        var plan = await source.PlanAsync(RecoveryTarget.Latest, ids[2]);
        await using var server = await source.Restore(new RestoreOptions { DataDirectory = source.NewDataDirectory(), Scratch = true }).RunAsync(plan, BackedUpServer.Cancellation);
        Assert.Equal("3", await server.AskAsync("select count(*) from rows"));
    }
}
