using System.Globalization;
using TwiBackup.Verification.Live;

namespace TwiBackup.Tests.Verification.Live;

public sealed class LogChecksTests
{
    private const string Section = """{ "logs": { "paths": ["DIR/logs/*.log"], "never": ["Traceback", "Database error"], "within": "1d" } }""";

    [Fact]
    public async Task A_quiet_log_passes()
    {
        await using var system = new LiveSystem();
        system.Write("logs/bot.log", $"{At(-1)} [WARNING ] bot: slow :12\n");
        LiveSystem.Passed(await system.AskAsync(Section, "logs/quiet"));
    }

    [Fact]
    public async Task A_text_that_must_not_be_there_is_counted_and_its_place_named_but_not_the_line()
    {
        await using var system = new LiveSystem();
        var path = system.Write("logs/bot.log", $"{At(-2)} [ERROR   ] bot: S3cret :1\nTraceback (most recent call last):\n  S3cret\n{At(-1)} Database error S3cret\n{At(-1)} Database error\n");
        var failed = LiveSystem.Failed(await system.AskAsync(Section, "logs/quiet"));
        Assert.Equal($"\"Traceback\" in 1 lines, first {path}:2; \"Database error\" in 2 lines, first {path}:4", failed.Detail);
    }

    [Fact]
    public async Task Lines_that_are_older_than_asked_for_are_left_aside_with_what_belongs_to_them()
    {
        await using var system = new LiveSystem();
        system.Write("logs/bot.log", $"{At(-30)} [ERROR   ] bot: x :1\nTraceback (most recent call last):\n{At(-1)} [WARNING ] bot: y :1\n");
        LiveSystem.Passed(await system.AskAsync(Section, "logs/quiet"));
        // A line without any time before it may be new.
        system.Write("logs/other.log", "Traceback (most recent call last):\n");
        Assert.Contains("other.log:1", LiveSystem.Failed(await system.AskAsync(Section, "logs/quiet")).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_log_at_all_is_no_quiet_log()
    {
        await using var system = new LiveSystem();
        Assert.Contains("there is no log", LiveSystem.Failed(await system.AskAsync(Section, "logs/quiet")).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_account_must_be_able_to_write_into_the_folder()
    {
        await using var system = new LiveSystem();
        var path = system.Write("logs/bot.log", "");
        var mine = Section.Replace("\"within\"", "\"writableBy\": \"65533\", \"within\"", StringComparison.Ordinal);
        var folder = Path.GetDirectoryName(path)!;
        File.SetUnixFileMode(system.Folder, (UnixFileMode)0b111_101_101);
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        Assert.Contains($"65533 can't write into {folder}", LiveSystem.Failed(await system.AskAsync(mine, "logs/writable")).Detail, StringComparison.Ordinal);
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_111_111);
        LiveSystem.Passed(await system.AskAsync(mine, "logs/writable"));
        File.SetUnixFileMode(system.Folder, (UnixFileMode)0b111_101_100);
        Assert.Contains($"it may not enter {system.Folder}", LiveSystem.Failed(await system.AskAsync(mine, "logs/writable")).Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[2026-01-11 12:34:56] [INFO    ] x", "2026-01-11 12:34:56")]
    [InlineData("2026-01-11T12:34:56Z x", "2026-01-11 12:34:56")]
    [InlineData("2026-01-11 12:34:56,123 x", "2026-01-11 12:34:56")]
    [InlineData("Traceback (most recent call last):", null)]
    [InlineData("[2026-13-11 12:34:56]", null)]
    [InlineData("", null)]
    public void A_lines_time_is_read_where_it_begins_with_one(string line, string? time) =>
        Assert.Equal(time, LogChecks.TimeOf(line)?.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture));

    private static string At(int hours) => DateTime.UtcNow.AddHours(hours).ToString("'['yyyy-MM-dd HH:mm:ss']'", CultureInfo.InvariantCulture);
}
