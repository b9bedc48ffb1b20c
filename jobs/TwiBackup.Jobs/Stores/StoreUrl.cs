namespace TwiBackup.Stores;

/// <summary>The parts of a store's URL: <c>scheme://authority/path?name=value&amp;…</c>, percent-decoded but for the authority.</summary>
internal sealed record StoreUrl(string Scheme, string Authority, string Path, IReadOnlyDictionary<string, string> Options)
{
    private const string Forms = "file:///absolute/folder and s3://bucket/prefix";
    private const string GiveCredentials = "give them as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment";

    private static readonly string[] Schemes = ["file", "s3"];
    private static readonly string[] SecretWords = ["key", "secret", "token", "password", "credential"];

    /// <exception cref="TwiBackupException">With <see cref="ExitCode.WrongUse"/>; never repeats what may be a secret.</exception>
    public static StoreUrl Parse(string url)
    {
        var colon = url.IndexOf("://", StringComparison.Ordinal);
        if (colon < 0)
            throw Wrong($"'{url}' is no store. There are {Forms}.");
        var scheme = url[..colon];
        if (!Schemes.Contains(scheme))
            throw Wrong($"'{scheme}' is no kind of store. Did you mean {Nearest(scheme, Schemes)}? There are {Forms}.");
        var rest = url[(colon + 3)..];
        var query = rest.IndexOf('?');
        var place = query < 0 ? rest : rest[..query];
        var slash = place.IndexOf('/');
        var authority = slash < 0 ? place : place[..slash];
        if (authority.Contains('@'))
            throw Wrong($"A store's URL ({scheme}://…@…) holds no credentials: {GiveCredentials}.");
        return new StoreUrl(
            scheme, authority, slash < 0 ? "" : Uri.UnescapeDataString(place[slash..]), ParseOptions(query < 0 ? "" : rest[(query + 1)..]));
    }

    /// <exception cref="TwiBackupException">An option is none of these.</exception>
    public void CheckOptions(params string[] known)
    {
        foreach (var name in Options.Keys)
        {
            if (known.Contains(name))
                continue;
            if (SecretWords.Any(word => name.Contains(word, StringComparison.OrdinalIgnoreCase)))
                throw Wrong($"A store's URL holds no credentials ('{name}'): {GiveCredentials}.");
            throw Wrong(known.Length == 0
                ? $"A {Scheme} store has no options; '{name}' is unknown."
                : $"'{name}' is no option of a {Scheme} store. Did you mean {Nearest(name, known)}?");
        }
    }

    public static TwiBackupException Wrong(string message) => new(ExitCode.WrongUse, message);

    private static Dictionary<string, string> ParseOptions(string query)
    {
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=');
            var name = Uri.UnescapeDataString(equals < 0 ? pair : pair[..equals]);
            if (!options.TryAdd(name, equals < 0 ? "" : Uri.UnescapeDataString(pair[(equals + 1)..])))
                throw Wrong($"The store's URL gives '{name}' twice.");
        }
        return options;
    }

    private static string Nearest(string word, string[] known) => known.MinBy(other => Distance(word, other))!;

    /// <summary>Levenshtein's: how many letters differ.</summary>
    private static int Distance(string one, string other)
    {
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 1; i <= one.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= other.Length; j++)
            {
                var change = diagonal + (char.ToLowerInvariant(one[i - 1]) == char.ToLowerInvariant(other[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[^1];
    }
}
