using TwiBackup.Catalog;
using TwiBackup.Policy;
using TwiBackup.Sealing;
using TwiBackup.Status;
using TwiBackup.Stores;
using TwiBackup.Tests.Catalog;
using TwiBackup.Tests.Scheduling;
using TwiBackup.Tests.Stores;
using TwiBackup.Verification;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Status;

/// <summary>What a real store tells of the past: what could be recovered when, and where nothing could.</summary>
public sealed class SystemHistoryTests : IAsyncDisposable
{
    private const int Size = 1 << 20;
    private static readonly TimeSpan Flush = TimeSpan.FromSeconds(10);
    private static readonly DateTimeOffset Now = SampleSets.Epoch.AddDays(20);
    private static readonly WalLayout Layout = new(SampleSets.System, 15, 7000000000000000001);

    private readonly TestStore test = TestStores.NewFileStore();
    private readonly KeyRing keys = SampleSets.NewKeys();
    private readonly SigningKey verifier = SigningKey.Generate();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => test.DisposeAsync();

    [Fact]
    public async Task Any_instant_reaches_from_the_end_of_the_oldest_full_to_the_end_of_its_WAL()
    {
        await FullAsync(Day(10), 0x10);
        await WalAsync(1, (0x10, Day(10)), (0x11, Day(8)), (0x12, Day(4)), (0x13, Now.AddMinutes(-5)));
        var line = await LineAsync("any instant");
        Assert.Equal(new Period(Day(10), Now.AddMinutes(-5) - Flush), Assert.Single(line.Periods));
        Assert.Empty(line.Gaps);
        Assert.Equal(Now.AddDays(-7), line.PromisedFrom);
    }

    [Fact]
    public async Task A_hole_in_the_WAL_is_missing_until_the_next_full_ends()
    {
        await FullAsync(Day(6), 0x10);
        await WalAsync(1, (0x10, Day(6)), (0x11, Day(5)), (0x13, Day(3)), (0x14, Now.AddMinutes(-5)));
        await FullAsync(Day(2), 0x13);
        var line = await LineAsync("any instant");
        Assert.Equal([new Period(Day(6), Day(5) - Flush), new Period(Day(2), Now.AddMinutes(-5) - Flush)], line.Periods);
        var gap = Assert.Single(line.Gaps);
        Assert.Equal((Day(5) - Flush, Day(2)), (gap.From, gap.To));

        // The WAL itself was away for less.
        var wal = await LineAsync("wal");
        Assert.Equal([new Period(Day(6), Day(5)), new Period(Day(3), Now.AddMinutes(-5))], wal.Periods);
        gap = Assert.Single(wal.Gaps);
        Assert.Equal((Day(5), Day(3), "WAL from 0/1200000 to 0/1300000 on timeline 1 is missing"), (gap.From, gap.To, gap.Reason));
    }

    [Fact]
    public async Task Before_the_window_only_the_end_of_each_full_is_promised()
    {
        await FullAsync(Day(15), 0x10);
        await FullAsync(Day(9), 0x20);
        await WalAsync(1, (0x20, Day(9)), (0x21, Now.AddMinutes(-5)));
        var line = await LineAsync("any instant");
        Assert.Equal(Day(9), Assert.Single(line.Periods).From);
        Assert.Empty(line.Gaps);
        Assert.Equal([Day(15), Day(9)], (await LineAsync("full")).Points);
    }

    [Fact]
    public async Task A_system_that_began_within_the_window_promises_nothing_before()
    {
        await FullAsync(Day(2), 0x10);
        await WalAsync(1, (0x10, Day(2)), (0x11, Now.AddMinutes(-1)));
        var line = await LineAsync("any instant");
        Assert.Equal((Day(2), 0), (line.PromisedFrom!.Value, line.Gaps.Count));
    }

    [Fact]
    public async Task Fulls_that_were_once_verified_and_are_gone_leave_a_gap()
    {
        var gone = SampleSets.Id(Day(6));
        await new VerificationLog(test.Store, SampleSets.System, [verifier.Public]).WriteAsync(Record(gone, Day(5.5)), verifier, Cancellation);
        await FullAsync(Day(2), 0x10);
        await WalAsync(1, (0x10, Day(2)), (0x11, Now.AddMinutes(-1)));
        var gap = Assert.Single((await LineAsync("any instant")).Gaps);
        Assert.Equal((Day(5.5), Day(2)), (gap.From, gap.To));
    }

    [Fact]
    public async Task WAL_that_ends_longer_ago_than_is_promised_is_a_gap_and_less_is_none()
    {
        await FullAsync(Day(2), 0x10);
        await WalAsync(1, (0x10, Day(2)), (0x11, Now.AddMinutes(-50)));
        Assert.Empty((await LineAsync("any instant")).Gaps);
        Assert.Single((await LineAsync("any instant", Now.AddMinutes(20))).Gaps);
    }

    [Fact]
    public async Task Marks_of_an_idle_server_carry_its_last_instant_on()
    {
        await FullAsync(Day(2), 0x10);
        await WalAsync(1, (0x10, Day(2)));
        await test.Store.TryPutBytesAsync(Layout.Mark(1, new WalMark(Now.AddMinutes(-1), new TwiBackup.Postgres.Lsn(0x1100000))), new byte[100], Cancellation);
        Assert.Equal(Now.AddMinutes(-1), Assert.Single((await LineAsync("any instant")).Periods).To);
    }

    [Fact]
    public async Task A_younger_timeline_leads_on_where_the_older_one_was_left()
    {
        await FullAsync(Day(6), 0x10);
        await WalAsync(1, (0x10, Day(6)), (0x11, Day(4)));
        await WalAsync(2, (0x11, Day(3.9)), (0x12, Day(1)), (0x13, Now.AddMinutes(-1)));
        await PlantAsync(Day(1), SampleSets.Facts(2, 0x1280000, 0x1280100, Day(1)));
        var line = await LineAsync("any instant");
        Assert.Equal(new Period(Day(6), Now.AddMinutes(-1) - Flush), Assert.Single(line.Periods));
    }

    [Fact]
    public async Task A_full_of_another_cluster_is_led_on_by_its_own_WAL()
    {
        var other = new WalLayout(SampleSets.System, 15, 7000000000000000002);
        await FullAsync(Day(6), 0x10);
        await WalAsync(1, (0x10, Day(6)), (0x11, Day(3)));
        await PlantAsync(Day(3), SampleSets.Facts(1, 0x100000, 0x100100, Day(3), "7000000000000000002"));
        await PutAsync(other.ClusterFacts(Size), Day(3));
        await PutAsync(other.Segment(new TwiBackup.Postgres.WalSegment(1, 1, Size).Name, new string('a', 32)), Now.AddMinutes(-1));
        Assert.Equal([new Period(Day(6), Day(3) - Flush), new Period(Day(3), Now.AddMinutes(-1) - Flush)], (await LineAsync("any instant")).Periods);
    }

    [Fact]
    public async Task Runs_that_left_no_set_are_gaps_and_those_on_change_are_none()
    {
        foreach (var day in (double[])[9, 8, 5, 4, 3, 2, 1])
            await FullAsync(Day(day), (ulong)(0x100 - day));
        await SetAsync(SetKind.Configuration, Day(12));
        var gaps = (await LineAsync("full")).Gaps;
        Assert.Equal([(Day(7), Day(5))], gaps.Select(g => (g.From, g.To)));
        // Today's run is a quarter of an hour late and more.
        Assert.Equal((Day(0), Now.AddMinutes(30)), (await LineAsync("full", Now.AddMinutes(30))).Gaps.Select(g => (g.From, g.To)).Last());
        Assert.Empty((await LineAsync("configuration")).Gaps);
    }

    [Fact]
    public async Task Sets_are_told_with_their_sizes_times_and_proofs()
    {
        var set = await FullAsync(Day(1), 0x10);
        await new VerificationLog(test.Store, SampleSets.System, [verifier.Public]).WriteAsync(Record(set.Id, Day(0.5)), verifier, Cancellation);
        var line = Assert.Single((await ReadAsync(Now)).History.Sets);
        Assert.Equal(new SetHistory("full", set.Id, Day(1), set.Manifest.KeepUntil, 10, 100, 60, Day(0.5)), line);
    }

    [Fact]
    public async Task An_empty_store_has_lines_with_nothing_on_them()
    {
        var (_, history) = await ReadAsync(Now);
        Assert.Equal(["any instant", "wal", "restore point", "full", "configuration"], history.Timelines.Select(t => t.Name));
        Assert.All(history.Timelines, t => Assert.Equal((0, 0, 0), (t.Periods.Count, t.Points.Count, t.Gaps.Count)));
        Assert.Empty(history.Sets);
    }

    private static DateTimeOffset Day(double before) => Now.AddDays(-before);

    private async Task<ComponentTimeline> LineAsync(string name, DateTimeOffset? now = null) =>
        (await ReadAsync(now ?? Now)).History.Timelines.Single(t => t.Name == name);

    private Task<(SystemStatus Status, SystemHistory History)> ReadAsync(DateTimeOffset now) => new StatusReader(
        TestPolicy.Parse(backups: """
            { "full": { "schedule": "0 2 * * *", "keep": "30d" }, "incremental": { "schedule": "0 * * * *", "keep": "7d", "flushInterval": "10s" },
              "configuration": { "schedule": "onChange", "keep": "90d", "paths": [{ "path": "/etc/x" }] } }
            """),
        new SetCatalog(test.Store, SampleSets.System, keys), null,
        new VerificationLog(test.Store, SampleSets.System, [verifier.Public]), new ManualClock(now)).ReadHistoryAsync(Cancellation);

    /// <param name="segment">Where its WAL begins.</param>
    private Task<BackupSet> FullAsync(DateTimeOffset end, ulong segment) =>
        PlantAsync(end, SampleSets.Facts(1, segment * Size, (segment * Size) + 0x100, end));

    private Task<BackupSet> PlantAsync(DateTimeOffset end, SourceFacts facts) => SampleSets.PlantAsync(
        test.Store, keys, SetKind.Full,
        SampleSets.Manifest(SetKind.Full, SampleSets.Id(end), Now.AddDays(30), facts) with { StartedAt = end, CompletedAt = end.AddMinutes(1) }, "base.0000.tar.zst.age");

    private Task<BackupSet> SetAsync(SetKind kind, DateTimeOffset at) => SampleSets.PlantAsync(
        test.Store, keys, kind, SampleSets.Manifest(kind, SampleSets.Id(at), Now.AddDays(30)) with { StartedAt = at, CompletedAt = at }, "x.tar.zst.age");

    private async Task WalAsync(uint timeline, params (ulong Number, DateTimeOffset Stored)[] segments)
    {
        await PutAsync(Layout.ClusterFacts(Size), Now);
        foreach (var (number, stored) in segments)
            await PutAsync(Layout.Segment(new TwiBackup.Postgres.WalSegment(timeline, number, Size).Name, new string('a', 32)), stored);
    }

    /// <summary>An object that the store took at a time.</summary>
    private async Task PutAsync(string key, DateTimeOffset stored)
    {
        await test.Store.TryPutBytesAsync(key, new byte[100], Cancellation);
        File.SetLastWriteTimeUtc(Path.Combine(test.Root, key), stored.UtcDateTime);
    }

    private static VerificationRecord Record(string set, DateTimeOffset at) => new()
    {
        Format = VerificationRecord.CurrentFormat,
        System = SampleSets.System,
        Id = SampleSets.Id(at),
        Kind = "full",
        SetId = set,
        Proven = true,
        Failed = false,
        StartedAt = at,
        CompletedAt = at,
        Target = "the newest",
        RestoreSeconds = 12.5,
        Checks = [],
    };
}
