using System.Security.Cryptography;
using TwiBackup.Database;
using TwiBackup.Postgres;
using TwiBackup.Stores;
using TwiBackup.Tests.Database;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Attacks;

/// <summary>
/// Who can write to the store and can't sign plants objects beside the good ones. Nothing of it is ever used; what it can't do is stand in
/// the way: where the good object is there, it is found.
/// </summary>
public sealed class PlantedJunkTests(OneBackup backup) : IClassFixture<OneBackup>
{
    private const string Hash = "00000000000000000000000000000000";

    private BackedUpServer Source => backup.Source;

    private static CancellationToken Cancellation => BackedUpServer.Cancellation;

    [Theory]
    [InlineData("beside a whole segment")]
    [InlineData("as a tail")]
    [InlineData("as marks")]
    [InlineData("as facts of the cluster")]
    [InlineData("as a newer set")]
    [InlineData("as WAL of a timeline that is free")]
    public async Task What_nobody_signed_does_not_stand_in_the_way(string where)
    {
        var plan = await Source.PlanAsync(RecoveryTarget.Latest);
        await using var planted = await PlantAsync(Keys(where, plan));
        var target = where.Contains("timeline", StringComparison.Ordinal) ? new RecoveryTarget { Timeline = 1 } : RecoveryTarget.Latest;
        var again = await Source.PlanAsync(target);
        Assert.Equal((plan.Set.Id, plan.Reach, plan.NewestTime), (again.Set.Id, again.Reach, again.NewestTime));
        await using var server = await Source.Restore(new RestoreOptions { DataDirectory = Source.NewDataDirectory(), Scratch = true }).RunAsync(again, Cancellation);
        Assert.Equal("3", await server.AskAsync("select count(*) from rows"));
    }

    [Fact]
    public async Task A_timeline_that_nobody_signed_is_passed_over_and_its_number_counts_as_taken()
    {
        var plan = await Source.PlanAsync(RecoveryTarget.Latest);
        await using var planted = await PlantAsync(plan.Layout.History(2), plan.Layout.History(9), Keys("as WAL of a timeline that is free", plan)[0].Replace("00000002", "00000003", StringComparison.Ordinal));
        var again = await Source.PlanAsync(RecoveryTarget.Latest);
        Assert.Equal((plan.Set.Id, plan.Reach), (again.Set.Id, again.Reach));
        // Whether it is somebody's real one that was damaged, a person decides when the loss is too large (D22).
        Assert.True(again.IsNewerRefused);
        Assert.Contains(again.Skipped, line => line.Contains("Timeline 9 was passed over", StringComparison.Ordinal));
        await using var server = await Source.Restore(new RestoreOptions { DataDirectory = Source.NewDataDirectory(), Scratch = true }).RunAsync(again, Cancellation);
        Assert.Equal("3", await server.AskAsync("select count(*) from rows"));
        // Behind every number that may be a lost one.
        Assert.Equal(10u, server.Timeline);
    }

    [Fact]
    public async Task WAL_behind_the_end_that_nobody_signed_aborts_and_an_earlier_point_is_restored()
    {
        var plan = await Source.PlanAsync(RecoveryTarget.Latest);
        var next = WalSegment.Containing(plan.Reach, 1, plan.Set.Manifest.Database!.WalSegmentSize);
        var key = plan.Layout.Segment((next.Start == plan.Reach ? next : next.Next).Name, Hash);
        await using var planted = await PlantAsync(key);
        var path = Source.NewDataDirectory();
        var longer = await Source.PlanAsync(RecoveryTarget.Latest);
        Assert.True(longer.Reach > plan.Reach);
        var refused = await Assert.ThrowsAsync<TwiBackupException>(() =>
            Source.Restore(new RestoreOptions { DataDirectory = path, Scratch = true }).RunAsync(longer, Cancellation));
        Assert.Contains(key, refused.Message, StringComparison.Ordinal);

        // What a person can do who may not remove it.
        var named = await Source.PlanAsync(new RecoveryTarget { Time = plan.NewestTime });
        await using var server = await Source.Restore(new RestoreOptions { DataDirectory = Source.NewDataDirectory(), Scratch = true }).RunAsync(named, Cancellation);
        Assert.InRange(long.Parse(await server.AskAsync("select count(*) from rows"), System.Globalization.CultureInfo.InvariantCulture), 1, 3);
    }

    private static string[] Keys(string where, RestorePlan plan)
    {
        var size = plan.Set.Manifest.Database!.WalSegmentSize;
        var inTheMiddle = WalSegment.Containing(plan.Set.StopLsn, 1, size).Next;
        var last = WalSegment.Containing(new Lsn(plan.Reach.Value - 1), 1, size);
        return where switch
        {
            "beside a whole segment" => [plan.Layout.Segment(inTheMiddle.Name, Hash), plan.Layout.Segment(inTheMiddle.Name, new string('f', 32))],
            "as a tail" => [plan.Layout.Tail(last.Name, 0, 64, Hash), plan.Layout.Tail(inTheMiddle.Name, 0, size, Hash)],
            "as marks" =>
            [
                .. Enumerable.Range(0, 100).Select(i => plan.Layout.Mark(1, new WalMark(DateTimeOffset.UtcNow.AddDays(i - 50), new Lsn(plan.Reach.Value - (ulong)i)))),
            ],
            "as facts of the cluster" => [plan.Layout.ClusterFacts(64 << 20)],
            "as a newer set" => [$"{BackedUpServer.System}/database/full/29991231T000000Z-ffff/manifest.json", $"{BackedUpServer.System}/database/full/29991231T000000Z-ffff/manifest.json.minisig"],
            _ => [plan.Layout.Segment(new WalSegment(2, inTheMiddle.Number, size).Name, Hash)],
        };
    }

    private async Task<Planted> PlantAsync(params string[] keys)
    {
        foreach (var key in keys)
            await Source.Store.Store.PutBytesAsync(key, RandomNumberGenerator.GetBytes(500), PutCondition.IfAbsent, Cancellation);
        return new Planted(Source.Store.Store, keys);
    }

    private sealed class Planted(IObjectStore store, string[] keys) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            foreach (var key in keys)
                await store.DeleteAsync(key, null, CancellationToken.None);
        }
    }
}
