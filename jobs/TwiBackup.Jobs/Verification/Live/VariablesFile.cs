using System.Text.RegularExpressions;

namespace TwiBackup.Verification.Live;

/// <summary>
/// A <c>.env</c> file, read as <see href="https://github.com/theskumar/python-dotenv">python-dotenv</see> does, with which the bot reads it:
/// <c>export</c>, quotes with escapes, comments behind a blank, <c>${NAME}</c> and <c>${NAME:-default}</c>. The values are secrets.
/// </summary>
internal sealed partial class VariablesFile
{
    private readonly string text;
    private readonly Dictionary<string, string> values = new(StringComparer.Ordinal);
    private readonly List<int> unread = [];
    private int at;

    private VariablesFile(string text)
    {
        this.text = text;
        while (SkipToStatement())
        {
            var start = at;
            if (ReadStatement())
                continue;
            unread.Add(text.AsSpan(0, start).Count('\n') + 1);
            at = EndOfLine(start);
        }
    }

    /// <summary>Lines, from 1, that say nothing: whatever should stand there is not set.</summary>
    public IReadOnlyList<int> Unread => unread;

    public static VariablesFile Parse(string text) => new(text.ReplaceLineEndings("\n"));

    /// <summary>A variable's value; null when it is not there.</summary>
    public string? Find(string name) => values.GetValueOrDefault(name);

    /// <summary>Whether a variable is there with something in it.</summary>
    public bool Has(string name) => !string.IsNullOrEmpty(Find(name));

    /// <summary>Of alternatives, <c>A|B</c>, the first that is there with something in it; null: none is.</summary>
    public string? FindAny(string names) => names.Split('|').Where(Has).Select(Find).FirstOrDefault();

    private bool SkipToStatement()
    {
        while (at < text.Length)
        {
            if (char.IsWhiteSpace(text[at]))
                at++;
            else if (text[at] == '#')
                at = EndOfLine(at);
            else
                return true;
        }

        return false;
    }

    private bool ReadStatement()
    {
        if (Export().Match(text, at) is { Success: true } export)
            at += export.Length;
        if (Key().Match(text, at) is not { Success: true } key)
            return false;
        var name = key.Groups["quoted"] is { Success: true } quoted ? quoted.Value : key.Value;
        at += key.Length;
        SkipBlanks();
        if (at == text.Length || text[at] != '=')
            // Named without a value: not set.
            return IsAtEnd();
        at++;
        SkipBlanks();
        if (ReadValue() is not { } value || !IsAtEnd())
            return false;
        values[name] = Reference().Replace(
            value,
            found => Find(found.Groups["name"].Value) ?? (found.Groups["default"] is { Success: true } otherwise ? otherwise.Value : ""));
        return true;
    }

    /// <summary>Null: its quote is not closed.</summary>
    private string? ReadValue()
    {
        if (at < text.Length && text[at] is '\'' or '"')
        {
            var quote = text[at];
            if (Closing(quote) is not { } end)
                return null;
            var inside = text[(at + 1)..end];
            at = end + 1;
            return quote == '\'' ? SingleEscape().Replace(inside, found => found.Value[1..]) : DoubleEscape().Replace(inside, Unescape);
        }

        var stop = EndOfLine(at);
        var plain = text[at..stop];
        at = stop;
        return Comment().Replace(plain, "").TrimEnd();
    }

    private int? Closing(char quote)
    {
        for (var i = at + 1; i < text.Length; i++)
        {
            if (text[i] == quote)
                return i;
            if (text[i] == '\\' && i + 1 < text.Length && text[i + 1] == quote)
                i++;
        }

        return null;
    }

    private bool IsAtEnd()
    {
        SkipBlanks();
        return at == text.Length || text[at] is '\n' or '#';
    }

    private void SkipBlanks()
    {
        while (at < text.Length && text[at] != '\n' && char.IsWhiteSpace(text[at]))
            at++;
    }

    private int EndOfLine(int from)
    {
        var end = text.IndexOf('\n', from);
        return end < 0 ? text.Length : end;
    }

    private static string Unescape(Match found) => found.Value[1] switch
    {
        'a' => "\a",
        'b' => "\b",
        'f' => "\f",
        'n' => "\n",
        'r' => "\r",
        't' => "\t",
        'v' => "\v",
        var other => other.ToString(),
    };

    [GeneratedRegex(@"\Gexport[^\S\n]+")]
    private static partial Regex Export();

    [GeneratedRegex(@"\G('(?<quoted>[^'\n]+)'|[^=#\s]+)")]
    private static partial Regex Key();

    [GeneratedRegex(@"\s+#.*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"\\[\\']")]
    private static partial Regex SingleEscape();

    [GeneratedRegex(@"\\[\\'""abfnrtv]")]
    private static partial Regex DoubleEscape();

    [GeneratedRegex(@"\$\{(?<name>[^}:]*)(:-(?<default>[^}]*))?\}")]
    private static partial Regex Reference();

    /// <summary>Never a value.</summary>
    public override string ToString() => $"{values.Count} variables";
}
