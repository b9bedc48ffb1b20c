namespace TwiBackup.Policy.Json;

/// <summary>Words in messages.</summary>
internal static class Words
{
    private const int LongestShown = 60;

    /// <summary>A text of the file as it may stand in a message of one line.</summary>
    public static string Shown(string text)
    {
        var line = new string([.. text.Select(c => char.IsControl(c) ? '?' : c)]);
        return line.Length <= LongestShown ? line : $"{line[..LongestShown]}…";
    }

    /// <summary>The known name that is fewest edits away. Null: none is near.</summary>
    public static string? Nearest(string name, IEnumerable<string> known)
    {
        if (name.Length > LongestShown)
            return null;
        var (word, edits) = known
            .Select(candidate => (Word: candidate, Edits: Edits(name.ToLowerInvariant(), candidate.ToLowerInvariant())))
            .DefaultIfEmpty((Word: "", Edits: int.MaxValue))
            .MinBy(candidate => candidate.Edits);
        return edits <= Math.Max(2, word.Length / 2) && edits < Math.Max(name.Length, word.Length) ? word : null;
    }

    // Levenshtein's distance, one row at a time.
    private static int Edits(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
