using TwiBackup.Reports;

namespace TwiBackup.Tests.Reports;

/// <summary>HTML from interpolated strings: what is written stays, what is put in is text.</summary>
public sealed class HtmlTests
{
    [Theory]
    [InlineData("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;")]
    [InlineData("\" onload=\"x", "&quot; onload=&quot;x")]
    [InlineData("' onload='x", "&#x27; onload=&#x27;x")]
    [InlineData("a & b", "a &amp; b")]
    [InlineData("Größe, 大小", "Größe, 大小")]
    public void A_value_is_text_in_elements_and_in_attributes(string value, string expected) =>
        Assert.Equal($"<p title=\"{expected}\">{expected}</p>", Html.Of($"<p title=\"{value}\">{value}</p>").ToString());

    [Theory]
    [InlineData("two\r\nlines\tand a tab", "two  lines and a tab")]
    [InlineData("gpj\u202eexe.tar", "gpj\ufffdexe.tar")]
    [InlineData("zero\u200bwidth\ufeff", "zero\ufffdwidth\ufffd")]
    [InlineData("nul\0esc\u001b[31m", "nul\ufffdesc\ufffd[31m")]
    public void What_can_not_be_seen_is_seen(string value, string expected) =>
        Assert.Equal(expected, System.Net.WebUtility.HtmlDecode(Html.Of($"{value}").ToString()));

    [Fact]
    public void What_has_been_encoded_is_not_encoded_again()
    {
        var inner = Html.Of($"<b>{"<"}</b>");
        Assert.Equal("<p><b>&lt;</b></p><b>&lt;</b><b>&lt;</b>", Html.Of($"<p>{inner}</p>{new[] { inner, inner }.AsEnumerable()}").ToString());
        Assert.Equal("<b>&lt;</b><b>&lt;</b>", Html.Join([inner, inner, Html.Empty, default]).ToString());
    }

    [Fact]
    public void A_number_is_written_for_programs() => Assert.Equal("x=33.333 y=1234567 n=", Html.Of($"x={100 / 3.0} y={1_234_567L} n={null as string}").ToString());
}
