using TwiBackup.Postgres;

namespace TwiBackup.Tests.Postgres;

public sealed class LsnTests
{
    [Theory]
    [InlineData("0/0", 0UL)]
    [InlineData("16/B374D848", 0x16B374D848UL)]
    [InlineData("FFFFFFFF/FFFFFFFF", ulong.MaxValue)]
    [InlineData("1/0", 0x100000000UL)]
    public void Text_and_number_are_the_same_position(string text, ulong value)
    {
        Assert.Equal(value, Lsn.Parse(text).Value);
        Assert.Equal(text, new Lsn(value).ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("1/")]
    [InlineData("/1")]
    [InlineData("1")]
    [InlineData("1/2/3")]
    [InlineData("123456789/0")]
    [InlineData("0/123456789")]
    [InlineData("-1/0")]
    [InlineData("0x1/0")]
    [InlineData(" 1/0")]
    [InlineData("G/0")]
    public void What_is_not_an_lsn_is_refused(string? text) => Assert.False(Lsn.TryParse(text, out _));

    [Fact]
    public void Refusal_says_how_to_write_one() =>
        Assert.Contains("16/B374D848", Assert.Throws<FormatException>(() => Lsn.Parse("x")).Message, StringComparison.Ordinal);

    [Fact]
    public void Positions_have_an_order_and_a_distance()
    {
        var low = Lsn.Parse("0/FFFFFFFF");
        var high = Lsn.Parse("1/0");
        Assert.True(low < high && high > low && low <= high && high >= low && low.CompareTo(high) < 0);
        Assert.Equal(1UL, high - low);
        Assert.Equal(high, low + 1);
        Assert.Throws<OverflowException>(() => low - high);
    }
}
