using TwiBackup.Database;
using TwiBackup.Postgres;
using TwiBackup.Tests.Database;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Attacks.Decisions;

/// <summary>Replication is late and in no order: a manifest may be there before its data, a segment before the one it follows, or its history.</summary>
public sealed class Decision25_A_replica_is_believed_as_far_as_it_is_whole
{
    [Fact]
    public async Task With_any_one_object_of_the_newest_full_missing_or_short_the_one_before_it_reaches_as_far()
    {
        await using var source = await BackedUpServer.StartAsync();
        await source.ExecuteAsync("create table rows(id int)");
        await source.StartReceiverAsync();
        var first = await source.BackUpAsync();
        await source.ExecuteAsync("insert into rows values (1)", "select pg_switch_wal()");
        var second = await source.BackUpAsync();
        await source.ExecuteAsync("insert into rows values (2)");
        await source.CatchUpAsync();
        await source.StopReceiverAsync();
        var reach = (await source.PlanAsync(RecoveryTarget.Latest)).Reach;
        var attacks = 0;
        foreach (var entry in second.Manifest.Objects)
        {
            var path = Path.Combine(source.Store.Root, second.Key(entry));
            var whole = await File.ReadAllBytesAsync(path, BackedUpServer.Cancellation);
            foreach (var left in (byte[]?[])[null, whole[..^1]])
            {
                File.Delete(path);
                if (left is not null)
                    await File.WriteAllBytesAsync(path, left, BackedUpServer.Cancellation);
                var plan = await source.PlanAsync(RecoveryTarget.Latest);
                Assert.Equal(first.Id, plan.Set.Id);
                Assert.Equal(reach, plan.Reach);
                Assert.Contains(plan.Skipped, line => line.Contains(second.Id, StringComparison.Ordinal) && line.Contains(entry.Name, StringComparison.Ordinal));
                attacks++;
            }

            await File.WriteAllBytesAsync(path, whole, BackedUpServer.Cancellation);
        }

        // A person who names the one that is not whole is told, before anything is written.
        var volume = Path.Combine(source.Store.Root, second.Key(second.Manifest.Objects[0]));
        File.Delete(volume);
        var directory = source.NewDataDirectory();
        var refused = await Assert.ThrowsAsync<TwiBackupException>(async () => await source.Restore(new RestoreOptions { DataDirectory = directory, Scratch = true })
            .RunAsync(await source.PlanAsync(RecoveryTarget.Latest, second.Id), BackedUpServer.Cancellation));
        Assert.Contains("is not whole", refused.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(directory));
        await using var server = await source.RestoreAsync(RecoveryTarget.Latest);
        Assert.Equal("2", await server.AskAsync("select count(*) from rows"));
        Tally.Add("replica: one object of the newest full missing or short", (attacks, "objects"), (1, "restores compared"));
    }

    [Fact]
    public async Task WAL_ends_at_the_first_hole_in_whatever_order_it_comes()
    {
        await using var source = await BackedUpServer.StartAsync();
        await source.ExecuteAsync("create table rows(id int)");
        await source.StartReceiverAsync();
        var set = await source.BackUpAsync();
        for (var id = 1; id <= 6; id++)
            await source.ExecuteAsync($"insert into rows values ({id})", "select pg_switch_wal()");
        await source.CatchUpAsync();
        await source.StopReceiverAsync();
        var layout = (await source.PlanAsync(RecoveryTarget.Latest)).Layout;
        var files = Directory.EnumerateFiles(Path.Combine(source.Store.Root, layout.TimelineFolder(1)), "*", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/marks/", StringComparison.Ordinal)).ToList();
        var away = Path.Combine(source.Folder, "away");
        Directory.CreateDirectory(away);
        var random = new Random(Tally.Seed());
        var waiting = files.Select((file, number) => (File: file, Away: Path.Combine(away, $"{number}"))).ToArray();
        foreach (var (file, place) in waiting)
            File.Move(file, place);
        random.Shuffle(waiting);
        foreach (var (file, place) in waiting)
        {
            File.Move(place, file);
            var chain = await WalChain.LoadAsync(source.Store.Store, layout, BackedUpServer.Cancellation);
            var end = await ReachAsync(source);
            // Every byte up to there is in the store, of the set or of the chain.
            var proof = chain.Prove(WalSegment.Containing(new Lsn(set.StopLsn.Value - 1), 1, 1 << 20).End, chain.PathTo(1), end);
            Assert.True(proof.Whole || end <= WalSegment.Containing(new Lsn(set.StopLsn.Value - 1), 1, 1 << 20).End, proof.Message);
        }

        await using var server = await source.RestoreAsync(RecoveryTarget.Latest);
        Assert.Equal("6", await server.AskAsync("select count(*) from rows"));
        Tally.Add("replica: WAL in any order", (waiting.Length, "arrivals"));
    }

    private static async Task<Lsn> ReachAsync(BackedUpServer source)
    {
        try
        {
            return (await source.PlanAsync(RecoveryTarget.Latest)).Reach;
        }
        catch (OutOfReachException hole)
        {
            return hole.Plan.Reach;
        }
    }
}
