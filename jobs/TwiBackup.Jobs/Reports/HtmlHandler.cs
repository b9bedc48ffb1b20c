using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace TwiBackup.Reports;

/// <summary>Builds <see cref="Html"/> from an interpolated string: literals as they stand, values encoded for text and quoted attributes.</summary>
[InterpolatedStringHandler]
public ref struct HtmlHandler
{
    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    /// <summary>Characters that are not seen, or that turn the text around them about: they make one name look like another.</summary>
    private static readonly SearchValues<char> Unseen = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(c => (char)c), .. Enumerable.Range(0x7f, 0x21).Select(c => (char)c), '\u061c', '\u200b', '\u200e', '\u200f', '\u2028', '\u2029',
            .. Enumerable.Range(0x202a, 5).Select(c => (char)c), .. Enumerable.Range(0x2060, 0x10).Select(c => (char)c), '\ufeff']);

    private readonly StringBuilder text;

    public HtmlHandler(int literalLength, int holes) => text = new StringBuilder(literalLength + (holes * 16));

    public readonly void AppendLiteral(string literal) => text.Append(literal);

    /// <summary>What has been encoded already.</summary>
    public readonly void AppendFormatted(Html markup) => text.Append(markup.ToString());

    /// <summary>The same, one after the other.</summary>
    public readonly void AppendFormatted(IEnumerable<Html> markup)
    {
        foreach (var part in markup)
            text.Append(part.ToString());
    }

    /// <summary>Text from anywhere.</summary>
    public readonly void AppendFormatted(string? value)
    {
        if (value is not null)
            text.Append(Encoder.Encode(value.AsSpan().IndexOfAny(Unseen) < 0 ? value : Seen(value)));
    }

    public readonly void AppendFormatted(long value) => text.Append(CultureInfo.InvariantCulture, $"{value}");

    /// <summary>A coordinate: three decimals at most.</summary>
    public readonly void AppendFormatted(double value) => text.Append(CultureInfo.InvariantCulture, $"{value:0.###}");

    internal readonly string ToText() => text.ToString();

    private static string Seen(string value) => string.Create(value.Length, value, static (to, from) =>
    {
        for (var i = 0; i < to.Length; i++)
            to[i] = from[i] is '\n' or '\r' or '\t' ? ' ' : Unseen.Contains(from[i]) ? '\ufffd' : from[i];
    });
}
