using TwiBackup.Catalog;
using TwiBackup.Database;
using TwiBackup.Postgres;
using TwiBackup.Sealing;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Database;

/// <summary>Slots are not in a base backup: what is written before there is a new one would be lost in silence.</summary>
public sealed class Decision09_The_slot_is_there_before_anybody_is_let_in(OneBackup backup) : IClassFixture<OneBackup>
{
    private BackedUpServer Source => backup.Source;

    [Fact]
    public async Task A_restore_for_good_has_its_history_stored_and_its_slot_made_before_anybody_is_let_in_and_takes_the_next_number_when_its_own_is_taken()
    {
        var foreign = false;
        var layout = (await Source.PlanAsync(RecoveryTarget.Latest)).Layout;
        var store = new HookStore(Source.Store.Store);
        store.BeforeWrite = async key =>
        {
            // Another restore is a moment quicker, after PostgreSQL has chosen number 2.
            if (key != layout.History(2) || foreign)
                return;
            foreign = true;
            var other = new WalObjects(Source.Store.Store, Source.Keys, layout, _ => { });
            await other.PutHistoryAsync(2, "1\t0/2000000\tanother restore\n"u8.ToArray(), BackedUpServer.Cancellation);
        };
        var path = Source.NewDataDirectory();
        var restore = Source.Restore(
            new RestoreOptions { DataDirectory = path, SlotName = BackedUpServer.Slot }, new SetCatalog(store, BackedUpServer.System, Source.Keys));
        await using (var server = await restore.RunAsync(await Source.PlanAsync(new RecoveryTarget { Timeline = 1 }), BackedUpServer.Cancellation))
        {
            Assert.True(foreign);
            Assert.Equal(3u, server.Timeline);
            Assert.Equal("3", await server.AskAsync("select count(*) from rows"));
            Assert.Equal("True", await server.AskAsync($"select restart_lsn is not null from pg_replication_slots where slot_name = '{BackedUpServer.Slot}'"));
            var history = await WalObjects.ReadHistoryAsync(new SignedObjects(Source.Store.Store, Source.Keys), layout, 3, BackedUpServer.Cancellation);
            Assert.Equal(1u, history.Parent);
            await server.CompleteAsync(BackedUpServer.Cancellation);
        }

        // The history of the other one is as it was.
        var theirs = await WalObjects.ReadHistoryAsync(new SignedObjects(Source.Store.Store, Source.Keys), layout, 2, BackedUpServer.Cancellation);
        Assert.Equal(Lsn.Parse("0/2000000"), theirs.Switch);
    }

    [Fact]
    public async Task While_its_history_is_stored_nobody_can_get_in_and_when_that_fails_nobody_ever_can()
    {
        var path = Source.NewDataDirectory();
        string[] pid = [];
        var store = new HookStore(Source.Store.Store)
        {
            BeforeWrite = async key =>
            {
                if (!key.Contains(".history", StringComparison.Ordinal))
                    return;
                pid = await File.ReadAllLinesAsync(Path.Combine(path, "postmaster.pid"), BackedUpServer.Cancellation);
                throw new TwiBackupException("The store is out.");
            },
        };
        var restore = Source.Restore(
            new RestoreOptions { DataDirectory = path, SlotName = BackedUpServer.Slot }, new SetCatalog(store, BackedUpServer.System, Source.Keys));
        var before = Source.Photograph();
        var refused = await Assert.ThrowsAsync<TwiBackupException>(async () => await restore.RunAsync(
            await Source.PlanAsync(new RecoveryTarget { Timeline = 1 }), BackedUpServer.Cancellation));
        Assert.Equal("The store is out.", refused.Message);
        // The sixth line is what it listened on: no address, though the cluster's own settings say all of them.
        Assert.Equal("", pid[5].Trim());
        Assert.False(Directory.Exists($"/proc/{pid[0].Trim()}"));
        Assert.True(File.Exists(Path.Combine(path, RestoreTarget.MarkerName)));
        Assert.False(Directory.Exists(Path.Combine(path, "pg_replslot", BackedUpServer.Slot)));
        Assert.Equal(before, Source.Photograph());
    }
}
