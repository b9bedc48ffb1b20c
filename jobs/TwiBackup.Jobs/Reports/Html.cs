using System.Diagnostics.CodeAnalysis;

namespace TwiBackup.Reports;

/// <summary>
/// HTML that may be written as it is. It comes about by <see cref="Of"/> alone, whose literals are our own and whose values are encoded:
/// whatever a set, a store or a record calls itself, it is text.
/// </summary>
public readonly record struct Html
{
    private readonly string? text;

    private Html(string text) => this.text = text;

    /// <summary>Nothing.</summary>
    public static Html Empty { get; }

    /// <summary>What is written in the literal, with each value encoded.</summary>
    [SuppressMessage("Style", "IDE0060", Justification = "The handler has written it.")]
    public static Html Of(ref HtmlHandler html) => new(html.ToText());

    /// <summary>One after the other.</summary>
    public static Html Join(IEnumerable<Html> parts) => new(string.Concat(parts.Select(p => p.text)));

    /// <summary>Our own style sheet or script, which knows no encoding. Never anything that was read.</summary>
    internal static Html OfResource(string content) => new(content);

    public override string ToString() => text ?? "";
}
