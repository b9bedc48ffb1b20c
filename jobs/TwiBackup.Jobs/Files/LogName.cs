using System.Text.RegularExpressions;

namespace TwiBackup.Files;

/// <summary>What the name of a log file tells.</summary>
internal static partial class LogName
{
    /// <summary>
    /// Whether rotation gave the name: a number (<c>bot.log.1</c>, <c>bot.1.log</c>), a date (<c>bot.log-20261123</c>,
    /// <c>bot.log.2026-11-23</c>) or a compressor's ending (<c>bot.log.2.gz</c>). Any other name is that of a log in use.
    /// </summary>
    public static bool IsRotated(string path) => Rotated().IsMatch(Path.GetFileName(path));

    private const string Date = @"[._-]\d{4}-?\d{2}-?\d{2}([T_.-]?\d{2}([:_.-]?\d{2}){0,2})?(\.\d+)?";
    private const string Compressed = @"\.(gz|zst|xz|bz2|lz4|Z)";

    [GeneratedRegex($@"([.-]\d{{1,6}}|{Date})(\.(log|txt|json))?({Compressed})?\z|{Compressed}\z|\.old\z", RegexOptions.CultureInvariant)]
    private static partial Regex Rotated();
}
