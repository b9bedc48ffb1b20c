using TwiBackup.Postgres;
using TwiBackup.Wal;

namespace TwiBackup.Tests.Wal;

public sealed class WalLayoutTests
{
    private const string Hash = "0123456789abcdef0123456789abcdef";
    private const string Segment = "000000020000000A000000FE";

    private static readonly WalLayout Layout = new("twi", 15, 7301234567890123456);

    public static TheoryData<string, WalObjectKind> Keys => new()
    {
        { Layout.History(2), WalObjectKind.History },
        { Layout.HistoryCopy(2, Hash), WalObjectKind.HistoryCopy },
        { Layout.Segment(Segment, Hash), WalObjectKind.Segment },
        { Layout.Tail(Segment, 0, 0x1000, Hash), WalObjectKind.Tail },
        { Layout.Partial(Segment, Hash), WalObjectKind.Partial },
        { Layout.BackupLabel(Segment, 0x28, Hash), WalObjectKind.BackupLabel },
        { Layout.Mark(2, new WalMark(DateTimeOffset.FromUnixTimeMilliseconds(1795395600123), new Lsn(0xA_FE00_1000))), WalObjectKind.Mark },
        { Layout.Point("twibackup-20261123T020000Z-9f3c"), WalObjectKind.Point },
        { Layout.ClusterFacts(1 << 24), WalObjectKind.Cluster },
    };

    [Theory]
    [MemberData(nameof(Keys))]
    public void A_key_is_read_back_as_it_was_written(string key, WalObjectKind kind)
    {
        Assert.True(Layout.TryParse(key, out var found));
        Assert.Equal(kind, found!.Kind);
        var again = kind switch
        {
            WalObjectKind.History => Layout.History(found.Timeline),
            WalObjectKind.HistoryCopy => Layout.HistoryCopy(found.Timeline, found.Hash),
            WalObjectKind.Segment => Layout.Segment(found.Segment, found.Hash),
            WalObjectKind.Tail => Layout.Tail(found.Segment, found.Start, found.End, found.Hash),
            WalObjectKind.Partial => Layout.Partial(found.Segment, found.Hash),
            WalObjectKind.BackupLabel => Layout.BackupLabel(found.Segment, found.Offset, found.Hash),
            WalObjectKind.Mark => Layout.Mark(found.Timeline, found.Mark!),
            WalObjectKind.Point => Layout.Point(found.Name),
            _ => Layout.ClusterFacts(found.SegmentSize),
        };
        Assert.Equal(key, again);
    }

    [Theory]
    [InlineData("twi/wal/15-7301234567890123457/00000002.history.zst.age")]
    [InlineData("twi/wal/15-7301234567890123456/00000000.history.zst.age")]
    [InlineData("twi/wal/15-7301234567890123456/0000000a.history.zst.age")]
    [InlineData("twi/wal/15-7301234567890123456/00000003/000000020000000A000000FE-0123456789abcdef0123456789abcdef.zst.age")]
    [InlineData("twi/wal/15-7301234567890123456/00000002/000000020000000A000000FE-0123456789ABCDEF0123456789abcdef.zst.age")]
    [InlineData("twi/wal/15-7301234567890123456/00000002/000000020000000A000000FE.zst.age")]
    [InlineData("twi/wal/15-7301234567890123456/00000002/000000020000000A000000FE/00001000-00001000-0123456789abcdef0123456789abcdef.zst.age")]
    [InlineData("twi/wal/15-7301234567890123456/00000002/000000020000000A000000FE-0123456789abcdef0123456789abcdef")]
    [InlineData("twi/wal/15-7301234567890123456/cluster-16777215.zst.age")]
    public void A_key_that_was_never_written_is_refused(string key) => Assert.False(Layout.TryParse(key, out _));

    [Fact]
    public void A_history_and_whole_segments_sort_before_what_follows_them()
    {
        string[] order =
        [
            Layout.History(2), Layout.Segment(Segment, Hash), Layout.Tail(Segment, 0, 0x1000, Hash), Layout.Tail(Segment, 0x1000, 0x2000, Hash),
            Layout.Segment("000000020000000A000000FF", Hash), Layout.Segment("000000020000000B00000000", Hash), Layout.History(3),
        ];
        Assert.Equal(order, order.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_history_gives_the_path_to_its_timeline()
    {
        var history = TimelineHistory.Parse(4, "1\t0/5000000\tno recovery target specified\n\n# x\n3\t0/7000028\tat restore point \"a b\"\n"u8);
        Assert.Equal(3u, history.Parent);
        Assert.Equal(
            [
                new TimelineSpan(1, Lsn.Zero, new Lsn(0x5000000)), new TimelineSpan(3, new Lsn(0x5000000), new Lsn(0x7000028)),
                new TimelineSpan(4, new Lsn(0x7000028), new Lsn(ulong.MaxValue)),
            ],
            history.Path);
        Assert.Equal(3u, history.TimelineAt(new Lsn(0x7000027)));
        Assert.Throws<TwiBackupException>(() => TimelineHistory.Parse(4, "5\t0/5000000\tx\n"u8));
        Assert.Throws<TwiBackupException>(() => TimelineHistory.Parse(4, "1\tx\tx\n"u8));
    }
}
