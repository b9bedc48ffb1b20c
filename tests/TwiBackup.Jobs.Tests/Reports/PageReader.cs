using System.Text.RegularExpressions;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;

namespace TwiBackup.Tests.Reports;

/// <summary>Reads a page as a browser would, and fails on what a browser would only guess at.</summary>
internal static class PageReader
{
    public static IHtmlDocument Read(string html) => new HtmlParser(new HtmlParserOptions { IsStrictMode = true }).ParseDocument(html);

    /// <summary>Text with single blanks, as people see it.</summary>
    public static string Words(this INode node) => Plain(node.TextContent);

    public static string Plain(string text) => Regex.Replace(text, "[\\s\u00a0]+", " ").Trim();

    /// <summary>The rows of the table in a place, each cell's text by its column.</summary>
    public static List<Dictionary<string, string>> Rows(this IParentNode place, string selector)
    {
        var table = place.QuerySelector(selector) ?? throw new InvalidOperationException($"There is no table {selector}.");
        var columns = table.QuerySelectorAll("thead th").Select(Words).ToList();
        return [.. table.QuerySelectorAll("tbody tr").Select(row => row.Children.Select((cell, i) => (columns[i], Text: Words(cell))).ToDictionary(c => c.Item1, c => c.Text))];
    }

    /// <summary>Elements and the names of their attributes, without any text: what a browser acts on.</summary>
    public static List<string> Structure(this IDocument page) =>
        [.. page.All.Select(e => $"{e.LocalName}[{string.Join(' ', e.Attributes.Select(a => a.Name).Order())}]")];
}
