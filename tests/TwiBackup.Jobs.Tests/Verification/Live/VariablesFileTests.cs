using TwiBackup.Verification.Live;

namespace TwiBackup.Tests.Verification.Live;

/// <summary>What python-dotenv 1.1 makes of a file, with which the bot reads its own.</summary>
public sealed class VariablesFileTests
{
    private const string Text = """
        # comment
        A=plain
        B = spaced out   # a comment
        C="double \"q\" \n x" # c
        D='single \'q\' \n ${A}'
        E=
        F
        export G=exp#not comment
        H="${A}-${MISSING:-def}-${MISSING}"
        I=a#b
        'K'=quoted key
        L="multi
        line"
        bad line here
        M=ok
        N="unclosed
        O=after
        P=${A}x
        =novalue
        Q='x' y
        R=1
        """;

    [Theory]
    [InlineData("A", "plain")]
    [InlineData("B", "spaced out")]
    [InlineData("C", "double \"q\" \n x")]
    [InlineData("D", "single 'q' \\n plain")]
    [InlineData("E", "")]
    [InlineData("F", null)]
    [InlineData("G", "exp#not comment")]
    [InlineData("H", "plain-def-")]
    [InlineData("I", "a#b")]
    [InlineData("K", "quoted key")]
    [InlineData("L", "multi\nline")]
    [InlineData("M", "ok")]
    [InlineData("N", null)]
    [InlineData("O", "after")]
    [InlineData("P", "plainx")]
    [InlineData("Q", null)]
    [InlineData("R", "1")]
    [InlineData("bad", null)]
    public void A_variable_is_what_the_bot_reads(string name, string? value)
    {
        Assert.Equal(value, VariablesFile.Parse(Text).Find(name));
        Assert.Equal(value, VariablesFile.Parse(Text.ReplaceLineEndings("\r\n")).Find(name));
    }

    [Fact]
    public void Lines_that_say_nothing_are_named() => Assert.Equal([14, 16, 19, 20], VariablesFile.Parse(Text).Unread);

    [Fact]
    public void Of_alternatives_the_first_with_something_in_it_counts()
    {
        var file = VariablesFile.Parse("A=\nB=b\nC=c\nB2=x\nB2=later");
        Assert.Equal("b", file.FindAny("A|B|C"));
        Assert.Null(file.FindAny("A|X"));
        Assert.Equal("later", file.Find("B2"));
        Assert.DoesNotContain("later", file.ToString(), StringComparison.Ordinal);
    }
}
