using System.Text;

namespace TwiBackup.Comparison.Report;

/// <summary>The lines as a Markdown table, and its place in a page.</summary>
internal static class Table
{
    private const string Begin = "<!-- measured: tests/bench/run --write -->";
    private const string End = "<!-- end of measured -->";

    public static string Markdown(string machine, IReadOnlyList<Line> lines)
    {
        var text = new StringBuilder(machine).Append("\n\n| | ours | beside it | ratio | wanted | |\n| --- | --- | --- | --- | --- | --- |\n");
        foreach (var line in lines)
        {
            var verdict = line.Met switch { true => "met", false => "**missed**", null => "" };
            text.Append("| ").AppendJoin(" | ", line.What, line.Ours, line.Beside, line.Ratio, line.Wanted, verdict).Append(" |\n");
        }

        return text.ToString();
    }

    /// <summary>Puts the table where the page's marks are; what stands around it is a person's.</summary>
    public static async Task WriteAsync(string page, string table, CancellationToken cancellationToken)
    {
        var text = await File.ReadAllTextAsync(page, cancellationToken);
        var (from, to) = (text.IndexOf(Begin, StringComparison.Ordinal), text.IndexOf(End, StringComparison.Ordinal));
        if (from < 0 || to < from)
            throw new TwiBackupException($"{page} has no place for the table: the lines \"{Begin}\" and \"{End}\".");
        await File.WriteAllTextAsync(page, $"{text[..from]}{Begin}\n{table}{text[to..]}", cancellationToken);
    }
}
