using TwiBackup.Rehearsal.Bot;

namespace TwiBackup.Tests.Rehearsal.Bot;

public sealed class AckLogTests : IDisposable
{
    private static readonly DateTime Noon = new(2026, 11, 23, 12, 0, 0, DateTimeKind.Utc);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("twi-acks-");

    private string AckPath => Path.Combine(_folder.FullName, "acks");

    [Fact]
    public void What_is_appended_is_read_back_while_the_log_is_still_written()
    {
        using var writer = AckLogWriter.Open(AckPath);
        Assert.Empty(AckLog.Read(AckPath).Records);
        foreach (var seq in new[] { 1, 2, 3 }) writer.Append(Record(seq));
        var log = AckLog.Read(AckPath);
        Assert.Equal([Record(1), Record(2), Record(3)], log.Records);
        Assert.Equal(DateTimeKind.Utc, log.Records[0].SentAt.Kind);
        Assert.Equal(MonotonicInstant.ThisBoot, log.Boot);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(AckPath));
    }

    [Fact]
    public void A_log_cut_at_any_byte_has_every_whole_line_and_no_other()
    {
        Write(3);
        var bytes = File.ReadAllBytes(AckPath);
        var header = Array.IndexOf(bytes, (byte)'\n') + 1;
        for (var length = header; length <= bytes.Length; length++)
        {
            File.WriteAllBytes(AckPath, bytes[..length]);
            var whole = bytes[header..length].Count(one => one == '\n');
            Assert.Equal(whole, AckLog.Read(AckPath).Records.Count);
        }
    }

    [Fact]
    public void A_writer_goes_on_behind_the_last_whole_line()
    {
        Write(3);
        using (var file = File.OpenWrite(AckPath)) file.SetLength(file.Length - 5);
        using (var writer = AckLogWriter.Open(AckPath)) writer.Append(Record(4));
        Assert.Equal([1, 2, 4], AckLog.Read(AckPath).Records.Select(one => one.Seq));
    }

    [Theory]
    [InlineData("2 2026", "x 2026")]
    [InlineData("Z 2000000", "Z -2000000")]
    [InlineData("Z 2000000", "Z 20")]
    [InlineData("2 2026-11-23T12:00:02.000000Z", "2")]
    public void A_damaged_line_that_is_not_the_last_is_never_passed_over(string text, string damage)
    {
        Write(3);
        var before = File.ReadAllText(AckPath);
        var after = before.Replace(text, damage, StringComparison.Ordinal);
        Assert.NotEqual(before, after);
        File.WriteAllText(AckPath, after);
        var error = Assert.Throws<TwiBackupException>(() => AckLog.Read(AckPath));
        Assert.Contains("line 3", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_log_of_an_earlier_boot_is_not_gone_on_with()
    {
        Write(1);
        File.WriteAllText(AckPath, File.ReadAllText(AckPath).Replace(MonotonicInstant.ThisBoot, "another-boot", StringComparison.Ordinal));
        Assert.Throws<TwiBackupException>(() => AckLogWriter.Open(AckPath));
        Assert.Equal("another-boot", AckLog.Read(AckPath).Boot);
    }

    [Fact]
    public void Two_writers_can_not_share_a_log()
    {
        using var first = AckLogWriter.Open(AckPath);
        Assert.Throws<TwiBackupException>(() => AckLogWriter.Open(AckPath));
    }

    [Fact]
    public void Another_file_is_refused_and_kept()
    {
        File.WriteAllText(AckPath, "my diary\n");
        Assert.Throws<TwiBackupException>(() => AckLog.Read(AckPath));
        Assert.Throws<TwiBackupException>(() => AckLogWriter.Open(AckPath));
        Assert.Equal("my diary\n", File.ReadAllText(AckPath));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static Acknowledgement Record(long seq) =>
        new(seq, Noon.AddSeconds(seq), Noon.AddSeconds(seq).AddMicroseconds(1500), seq * 1_000_000);

    private void Write(int records)
    {
        using var writer = AckLogWriter.Open(AckPath);
        for (var seq = 1; seq <= records; seq++) writer.Append(Record(seq));
    }
}
