namespace TwiBackup.Policy.Tests;

public sealed class DurationTests
{
    [Theory]
    [InlineData("500ms", 0.5)]
    [InlineData("90s", 90)]
    [InlineData("10m", 600)]
    [InlineData("1h", 3600)]
    [InlineData("30d", 30 * 86400)]
    [InlineData("2w", 14 * 86400)]
    [InlineData("1y", 365 * 86400)]
    [InlineData("0s", 0)]
    [InlineData("PT1H30M", 5400)]
    [InlineData("P7D", 7 * 86400)]
    [InlineData("P1W", 7 * 86400)]
    [InlineData("P1Y2DT3S", (367 * 86400) + 3)]
    [InlineData("100y", 36500L * 86400)]
    public void A_duration_is_read(string text, double seconds)
    {
        Assert.True(Duration.TryParse(text, out var duration));
        Assert.Equal(TimeSpan.FromSeconds(seconds), duration);
    }

    [Theory]
    [InlineData("")]
    [InlineData("7")]
    [InlineData("d")]
    [InlineData("-1d")]
    [InlineData("+1d")]
    [InlineData("1.5h")]
    [InlineData("3 d")]
    [InlineData("3d ")]
    [InlineData("3D")]
    [InlineData("1h30m")]
    [InlineData("P1M")]
    [InlineData("P")]
    [InlineData("PT")]
    [InlineData("P1DT")]
    [InlineData("PT1D")]
    [InlineData("P1H")]
    [InlineData("PT1M1H")]
    [InlineData("P1D1D")]
    [InlineData("-P1D")]
    [InlineData("P-1D")]
    [InlineData("101y")]
    [InlineData("P100Y1D")]
    [InlineData("99999999999999999999d")]
    [InlineData("9223372036854775807y")]
    [InlineData("١d")]
    public void What_is_no_duration_is_refused(string text) => Assert.False(Duration.TryParse(text, out _));

    [Theory]
    [InlineData("0s", "0s")]
    [InlineData("1500ms", "1s 500ms")]
    [InlineData("60s", "1m")]
    [InlineData("90m", "1h 30m")]
    [InlineData("24h", "1d")]
    [InlineData("25h", "25h")]
    [InlineData("49h", "2d 1h")]
    [InlineData("7d", "7d")]
    [InlineData("365d", "1y")]
    [InlineData("366d", "366d")]
    public void A_duration_is_shown_exactly(string text, string shown)
    {
        Assert.True(Duration.TryParse(text, out var duration));
        Assert.Equal(shown, Duration.Format(duration));
    }

    [Fact]
    public void What_is_shown_without_blanks_reads_back()
    {
        var random = new Random(1);
        for (var i = 0; i < 10_000; i++)
        {
            var duration = TimeSpan.FromSeconds(random.Next(0, 1 << random.Next(1, 31)));
            var sum = TimeSpan.Zero;
            foreach (var part in Duration.Format(duration).Split(' '))
            {
                Assert.True(Duration.TryParse(part, out var length));
                sum += length;
            }

            Assert.Equal(duration, sum);
        }
    }
}
