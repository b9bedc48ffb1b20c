using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Retention;
using TwiBackup.Tests.Database;

namespace TwiBackup.Tests.Attacks.Decisions;

/// <summary>A restore takes longer than a prune, and the set that it reads may be the one that expires.</summary>
public sealed class Decision23_What_is_read_is_not_taken_away
{
    [Fact]
    public async Task A_set_that_expires_while_it_is_restored_is_restored_whole_and_gone_for_everybody_else()
    {
        await using var source = await BackedUpServer.StartAsync();
        await source.ExecuteAsync("create table rows(id int)");
        await source.StartReceiverAsync();
        var options = BackedUpServer.Options() with { Keep = TimeSpan.FromSeconds(-1) };
        var older = await source.BackUpAsync(options: options);
        await source.ExecuteAsync("insert into rows values (1)", "select pg_switch_wal()");
        var newer = await source.BackUpAsync();
        await source.ExecuteAsync("insert into rows values (2)", "select pg_switch_wal()");
        await source.CatchUpAsync();
        await source.StopReceiverAsync();

        // Past its promise it is nobody's choice, and a person's by its name.
        Assert.Equal(newer.Id, (await source.PlanAsync(RecoveryTarget.Latest)).Set.Id);
        var plan = await source.PlanAsync(RecoveryTarget.Latest, older.Id);
        PruneReport? report = null;
        var read = 0;
        var store = new HookStore(source.Store.Store)
        {
            BeforeRead = async key =>
            {
                if (Interlocked.Increment(ref read) == 3)
                    report = await new Pruner(source.Catalog, TimeSpan.Zero, null, TimeProvider.System).RunAsync(false, BackedUpServer.Cancellation);
            },
        };
        // As the restore itself would hold it, which looks for a folder behind the store that it is given: the next test sees that it does.
        var lease = await ((TwiBackup.Stores.FileObjectStore)source.Store.Store).LeaseAsync(older.Id, BackedUpServer.Cancellation);
        await using (var server = await source.Restore(
            new RestoreOptions { DataDirectory = source.NewDataDirectory(), Scratch = true, Workers = 1 }, new SetCatalog(store, BackedUpServer.System, source.Keys))
            .RunAsync(plan, BackedUpServer.Cancellation))
            Assert.Equal("2", await server.AskAsync("select count(*) from rows"));
        lease.Dispose();
        Assert.Equal([$"full/{older.Id}"], report!.Sets);
        Assert.Contains(report.Kept, line => line.Contains(older.Id, StringComparison.Ordinal));
        Assert.Equal([newer.Id], await source.Catalog.ListIdsAsync(SetKind.Full, BackedUpServer.Cancellation));
        // What it read is there until the next prune, and then for the grace or as garbage: never by half for a reader.
        Assert.True(File.Exists(Path.Combine(source.Store.Root, older.Key(older.Manifest.Objects[0]))));
        await using var again = await source.RestoreAsync(RecoveryTarget.Latest);
        Assert.Equal("2", await again.AskAsync("select count(*) from rows"));
        Tally.Add("prune: under a restore of the set that expires", (1, "prunes"), (2, "restores compared"));
    }

    [Fact]
    public async Task A_restore_holds_its_lease_itself_and_ends_it()
    {
        await using var source = await BackedUpServer.StartAsync();
        var set = await source.BackUpAsync();
        var files = (TwiBackup.Stores.FileObjectStore)source.Store.Store;
        IReadOnlyList<string> during = [];
        var options = new RestoreOptions
        {
            DataDirectory = source.NewDataDirectory(),
            Scratch = true,
            BeforeStart = async (_, _, cancellationToken) => during = [.. await files.ActiveLeasesAsync(cancellationToken)],
        };
        await using (await source.RestoreAsync(RecoveryTarget.Latest, null, options))
            Assert.Contains(during, lease => lease.Contains(set.Id, StringComparison.Ordinal));
        Assert.Empty(await files.ActiveLeasesAsync(BackedUpServer.Cancellation));
    }
}
