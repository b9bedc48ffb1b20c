using System.Globalization;
using System.Text;

namespace TwiBackup.Recovery;

/// <summary>Text of the incident document.</summary>
internal static class MarkdownText
{
    /// <summary>UTC to the second.</summary>
    public static string Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? "-";

    /// <summary>A duration, or a dash.</summary>
    public static string Span(TimeSpan? time) => time is { } t ? Progress.Sizes.Text(t) : "-";

    /// <summary>Text in one line that is no markup and breaks no table.</summary>
    public static string Line(string? text)
    {
        var escaped = new StringBuilder();
        foreach (var c in text ?? "")
        {
            if (c is '|' or '`' or '*' or '_' or '<' or '>' or '[' or ']' or '\\' or '#')
                escaped.Append('\\');
            escaped.Append(char.IsControl(c) ? ' ' : c);
        }

        return escaped.ToString();
    }

    /// <summary>A row of a table.</summary>
    public static string Row(params ReadOnlySpan<string> cells) => $"| {string.Join(" | ", cells!)} |";
}
