namespace TwiBackup.Reports;

/// <summary>A table that becomes one card a row where the page is narrow: each cell repeats its column's name there.</summary>
internal static class HtmlTable
{
    /// <param name="caption">What it holds.</param>
    /// <param name="rows">Their cells; the first names the row.</param>
    /// <param name="kind">For the style sheet.</param>
    public static Html Of(string caption, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<Html>> rows, string kind = "")
    {
        // The roles stand there because a table that is laid out as cards is no table to a screen reader otherwise.
        var body = rows.Select(cells => Html.Of($"<tr role=\"row\">{cells.Select((cell, i) => Cell(columns[i], cell, i == 0))}</tr>\n"));
        return Html.Of(
            $"""
            <table role="table" class="{kind}"><caption>{caption}</caption>
            <thead role="rowgroup"><tr role="row">{columns.Select(c => Html.Of($"<th role=\"columnheader\" scope=\"col\">{c}</th>"))}</tr></thead>
            <tbody role="rowgroup">
            {body}</tbody></table>

            """);
    }

    private static Html Cell(string column, Html content, bool isFirst) => isFirst
        ? Html.Of($"<th role=\"rowheader\" scope=\"row\">{content}</th>")
        : Html.Of($"<td role=\"cell\"{(content == Words.None ? Html.Of($" class=\"none\"") : Html.Empty)} data-label=\"{column}\"><div>{content}</div></td>");
}
