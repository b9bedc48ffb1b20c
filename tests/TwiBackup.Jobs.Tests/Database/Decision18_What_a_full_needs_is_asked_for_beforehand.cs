using TwiBackup.Catalog;
using TwiBackup.Postgres;
using TwiBackup.Postgres.Replication;
using TwiBackup.Tests.Postgres;

namespace TwiBackup.Tests.Database;

/// <summary>A full takes two walsenders and a slot beside the receiver's, and is one only with its WAL to the stop LSN.</summary>
public sealed class Decision18_What_a_full_needs_is_asked_for_beforehand
{
    [Fact]
    public async Task With_one_walsender_or_no_slot_left_it_says_so_and_with_just_enough_it_is_taken()
    {
        await using var source = await BackedUpServer.StartAsync(("max_wal_senders", "3"), ("max_replication_slots", "2"));
        await source.StartReceiverAsync();
        await using (await ReplicationConnection.ConnectAsync(source.Server.Replicator, BackedUpServer.Cancellation))
            await RefusedAsync(source, "of 3 walsenders 1 are free and 2 needed", "max_wal_senders to 4");
        await source.ExecuteAsync("select pg_create_physical_replication_slot('another')");
        await RefusedAsync(source, "of 2 replication slots 0 are free and 1 needed", "max_replication_slots to 3");
        await source.ExecuteAsync("select pg_drop_replication_slot('another')");
        await source.UntilAsync(() => source.AskAsync("select count(*) from pg_stat_replication").Result == "1", "the other is gone");
        var set = await source.BackUpAsync();
        Assert.Equal([set.Id], await source.Catalog.ListIdsAsync(SetKind.Full, BackedUpServer.Cancellation));
    }

    [Fact]
    public async Task When_its_last_WAL_does_not_come_after_the_base_has_ended_it_is_no_set()
    {
        await using var source = await BackedUpServer.StartAsync();
        var ended = false;
        var store = new HookStore(source.Store.Store);
        store.BeforeWrite = async key =>
        {
            // The server has sent all of the base: what is left is its end, and the WAL.
            if (!key.EndsWith("backup_manifest.zst.age", StringComparison.Ordinal))
                return;
            ended = true;
            await source.ExecuteAsync("select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = 'twibackup_base'");
        };
        await Assert.ThrowsAnyAsync<Exception>(() => source.BackUpAsync(new SetCatalog(store, BackedUpServer.System, source.Keys)));
        Assert.True(ended);
        Assert.Empty(await source.Catalog.ListIdsAsync(SetKind.Full, BackedUpServer.Cancellation));
        Assert.Equal("0", await source.AskAsync("select count(*) from pg_replication_slots"));
    }

    private static async Task RefusedAsync(BackedUpServer source, params string[] words)
    {
        var before = source.Photograph();
        var refused = await Assert.ThrowsAsync<TwiBackupException>(() => source.BackUpAsync());
        Assert.All(words, word => Assert.Contains(word, refused.Message, StringComparison.Ordinal));
        // The receiver goes on meanwhile; nothing of a set is there.
        Assert.DoesNotContain(source.Photograph().Keys.Except(before.Keys), key => key.Contains("/database/", StringComparison.Ordinal));
    }
}
