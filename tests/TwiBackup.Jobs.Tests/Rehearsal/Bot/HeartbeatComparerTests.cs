using System.Diagnostics;
using TwiBackup.Rehearsal.Bot;

namespace TwiBackup.Tests.Rehearsal.Bot;

public sealed class HeartbeatComparerTests
{
    private static readonly DateTime Noon = new(2026, 11, 23, 12, 0, 0, DateTimeKind.Utc);

    // Ten heartbeats, one each 100 ms from 12:00:00.1; the kill is at 12:00:01.050.
    private static readonly AckLog Log = new("boot", [.. Enumerable.Range(1, 10).Select(seq => Record(seq, seq * 100))]);
    private static readonly MonotonicInstant Kill = At(1050);

    [Fact]
    public void Nothing_lost_is_a_loss_of_zero()
    {
        var result = HeartbeatComparer.Compare(Log, Rows(1, 10), Kill);
        Assert.Equal(TimeSpan.Zero, result.Recoverable);
        Assert.Equal(TimeSpan.FromMilliseconds(50), result.SinceLastRecovered);
        Assert.Equal((0, 10, 10), (result.Lost, result.LastRecovered!.Seq, result.LastAcknowledged.Seq));
        Assert.Empty(result.Extra);
        Assert.True(result.Meets(TimeSpan.Zero));
    }

    [Fact]
    public void The_loss_is_the_time_between_the_last_recovered_and_the_last_acknowledged()
    {
        var result = HeartbeatComparer.Compare(Log, Rows(1, 7), Kill);
        Assert.Equal(TimeSpan.FromMilliseconds(300), result.Recoverable);
        Assert.Equal(TimeSpan.FromMilliseconds(350), result.SinceLastRecovered);
        Assert.Equal(TimeSpan.FromMilliseconds(100), result.LongestSilence);
        Assert.Equal(3, result.Lost);
        Assert.True(result.Sound);
        Assert.True(result.Meets(TimeSpan.FromMilliseconds(300)));
        Assert.False(result.Meets(TimeSpan.FromMilliseconds(299)));
    }

    [Fact]
    public void The_wall_clock_does_not_count()
    {
        var stepped = new AckLog(
            "boot", [.. Log.Records.Select(one => one.Seq < 8 ? one : one with { AcknowledgedAt = one.AcknowledgedAt.AddHours(-1) })]);
        Assert.Equal(TimeSpan.FromMilliseconds(300), HeartbeatComparer.Compare(stepped, Rows(1, 7), Kill).Recoverable);
    }

    [Fact]
    public void A_hole_in_the_middle_is_a_failure_whatever_the_objective()
    {
        var result = HeartbeatComparer.Compare(Log, [.. Rows(1, 4), .. Rows(6, 9)], Kill);
        Assert.Equal([5], result.Holes.Select(one => one.Seq));
        Assert.Equal(1, result.Lost);
        Assert.False(result.Sound);
        Assert.False(result.Meets(TimeSpan.MaxValue));
    }

    [Fact]
    public void A_number_given_out_again_after_the_recovery_is_not_the_lost_heartbeat()
    {
        Heartbeat[] rows = [.. Rows(1, 7), new Heartbeat(8, Noon.AddSeconds(20)), new Heartbeat(9, Noon.AddSeconds(21))];
        var log = Log with { Records = [.. Log.Records, Record(8, 20_000), Record(9, 21_000)] };
        var result = HeartbeatComparer.Compare(log, rows, Kill);
        Assert.Equal((3, 7), (result.Lost, result.LastRecovered!.Seq));
        Assert.Empty(result.Extra);
    }

    [Fact]
    public void A_commit_whose_answer_never_came_is_extra_and_no_hole()
    {
        var result = HeartbeatComparer.Compare(Log, [.. Rows(1, 10), new Heartbeat(11, Noon.AddMilliseconds(1049))], Kill);
        Assert.Equal([11], result.Extra.Select(one => one.Seq));
        Assert.True(result.Meets(TimeSpan.Zero));
    }

    [Fact]
    public void Nothing_recovered_meets_no_objective()
    {
        var result = HeartbeatComparer.Compare(Log, [], Kill);
        Assert.Null(result.Recoverable);
        Assert.Equal(10, result.Lost);
        Assert.False(result.Meets(TimeSpan.MaxValue));
    }

    [Fact]
    public void What_was_acknowledged_after_the_kill_does_not_hide_the_loss()
    {
        var log = Log with { Records = [.. Log.Records, Record(33, 9000)] };
        var result = HeartbeatComparer.Compare(log, [.. Rows(1, 8), new Heartbeat(33, Noon.AddMilliseconds(9000))], Kill);
        Assert.Equal((10, 8), (result.LastAcknowledged.Seq, result.LastRecovered!.Seq));
        Assert.Equal(TimeSpan.FromMilliseconds(200), result.Recoverable);
    }

    [Fact]
    public void A_second_disaster_is_measured_from_the_recovery_on()
    {
        // 9 and 10 were lost the first time.
        var log = Log with { Records = [.. Log.Records, Record(41, 5000), Record(42, 5100), Record(43, 5200)] };
        Heartbeat[] rows = [.. Rows(1, 8), Row(log.Records[10]), Row(log.Records[11])];
        Assert.Equal([9, 10], HeartbeatComparer.Compare(log, rows, At(5250)).Holes.Select(one => one.Seq));
        var result = HeartbeatComparer.Compare(log, rows, At(5250), since: At(2000));
        Assert.True(result.Sound);
        Assert.Equal(TimeSpan.FromMilliseconds(100), result.Recoverable);
    }

    [Fact]
    public void A_database_that_hung_before_the_kill_shows()
    {
        var result = HeartbeatComparer.Compare(Log, Rows(1, 10), At(9000));
        Assert.Equal(TimeSpan.Zero, result.Recoverable);
        Assert.Equal(TimeSpan.FromSeconds(8), result.SinceLastRecovered);
        Assert.Equal(TimeSpan.FromSeconds(8), result.LongestSilence);
    }

    [Fact]
    public void Without_a_heartbeat_before_the_kill_there_is_no_result() =>
        Assert.Throws<TwiBackupException>(() => HeartbeatComparer.Compare(Log, Rows(1, 10), At(50)));

    [Fact]
    public void Clocks_of_two_boots_are_not_compared() =>
        Assert.Throws<TwiBackupException>(() => HeartbeatComparer.Compare(Log, Rows(1, 10), Kill with { Boot = "later" }));

    private static Acknowledgement Record(long seq, int milliseconds) =>
        new(seq, Noon.AddMilliseconds(milliseconds), Noon.AddMilliseconds(milliseconds + 1), Ticks(milliseconds));

    private static MonotonicInstant At(int milliseconds) => new(Ticks(milliseconds), Noon.AddMilliseconds(milliseconds), "boot");

    private static long Ticks(int milliseconds) => milliseconds * (Stopwatch.Frequency / 1000);

    private static Heartbeat Row(Acknowledgement one) => new(one.Seq, one.SentAt);

    private static List<Heartbeat> Rows(int first, int last) =>
        [.. Log.Records.Where(one => one.Seq >= first && one.Seq <= last).Select(Row)];
}
