namespace TwiBackup.Postgres;

/// <summary>
/// synchronous_standby_names
/// (<see href="https://www.postgresql.org/docs/current/runtime-config-replication.html#GUC-SYNCHRONOUS-STANDBY-NAMES">20.6.2</see>):
/// <c>[FIRST|ANY] n (name, …)</c> or <c>name, …</c>, where <c>*</c> is everybody.
/// </summary>
public static class SynchronousNames
{
    /// <summary>Whether a walsender with this application_name would be waited for by commits. Case does not matter, as in
    /// PostgreSQL.</summary>
    public static bool Match(string setting, string applicationName)
    {
        var open = FindOutsideQuotes(setting, '(');
        var list = open < 0 ? setting : setting[(open + 1)..];
        var end = FindOutsideQuotes(list, ')');
        foreach (var name in Names(end < 0 ? list : list[..end]))
        {
            if (name == "*" || name.Equals(applicationName, StringComparison.OrdinalIgnoreCase))
                return true;
        }
        return false;
    }

    private static IEnumerable<string> Names(string list)
    {
        while (true)
        {
            var comma = FindOutsideQuotes(list, ',');
            var name = (comma < 0 ? list : list[..comma]).Trim();
            if (name.Length >= 2 && name[0] == '"' && name[^1] == '"')
                yield return name[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal);
            else if (name.Length > 0)
                yield return name;
            if (comma < 0)
                yield break;
            list = list[(comma + 1)..];
        }
    }

    private static int FindOutsideQuotes(string text, char wanted)
    {
        var quoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '"')
                quoted = !quoted;
            else if (text[i] == wanted && !quoted)
                return i;
        }
        return -1;
    }
}
