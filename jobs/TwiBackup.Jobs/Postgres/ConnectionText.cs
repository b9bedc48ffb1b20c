using System.Text;

namespace TwiBackup.Postgres;

/// <summary>
/// Takes connection strings apart into keywords and values, by the grammar of libpq
/// (<see href="https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING">34.1.1</see>). Says nothing about what they
/// mean.
/// Its messages never quote a value, for it may be the password.
/// </summary>
internal static class ConnectionText
{
    public static Dictionary<string, string> Read(string text)
    {
        foreach (var scheme in (ReadOnlySpan<string>)["postgresql://", "postgres://"])
        {
            if (text.StartsWith(scheme, StringComparison.Ordinal))
                return ReadUri(text[scheme.Length..]);
        }
        return ReadKeywords(text);
    }

    private static Dictionary<string, string> ReadKeywords(string text)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        var at = 0;
        while (true)
        {
            at = SkipSpaces(text, at);
            if (at == text.Length)
                return found;
            var start = at;
            while (at < text.Length && text[at] != '=' && !char.IsWhiteSpace(text[at]))
                at++;
            var keyword = text[start..at];
            at = SkipSpaces(text, at);
            if (at == text.Length || text[at] != '=')
                throw Wrong($"there is no \"=\" behind its word number {found.Count + 1}");
            at = SkipSpaces(text, at + 1);
            found[keyword] = ReadValue(text, ref at, keyword);
        }
    }

    private static string ReadValue(string text, ref int at, string keyword)
    {
        var value = new StringBuilder();
        var quoted = at < text.Length && text[at] == '\'';
        if (quoted)
            at++;
        while (at < text.Length && (quoted ? text[at] != '\'' : !char.IsWhiteSpace(text[at])))
        {
            if (text[at] == '\\' && ++at == text.Length)
                break;
            value.Append(text[at++]);
        }
        if (!quoted)
            return value.ToString();
        if (at >= text.Length)
            throw Wrong($"the quote of {keyword} is not closed");
        at++;
        return value.ToString();
    }

    // [user[:password]@][host][:port][/dbname][?keyword=value&…]
    private static Dictionary<string, string> ReadUri(string rest)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        var question = rest.IndexOf('?', StringComparison.Ordinal);
        var query = question < 0 ? "" : rest[(question + 1)..];
        var head = question < 0 ? rest : rest[..question];

        var slash = head.IndexOf('/', StringComparison.Ordinal);
        Put(found, "dbname", slash < 0 ? "" : Decode(head[(slash + 1)..]));
        var authority = slash < 0 ? head : head[..slash];

        var sign = authority.IndexOf('@', StringComparison.Ordinal);
        if (sign >= 0)
        {
            var colon = authority.IndexOf(':', StringComparison.Ordinal);
            var named = colon >= 0 && colon < sign;
            Put(found, "user", Decode(authority[..(named ? colon : sign)]));
            Put(found, "password", named ? Decode(authority[(colon + 1)..sign]) : "");
        }
        ReadHost(found, authority[(sign + 1)..]);

        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
                throw Wrong($"its parameter \"{pair}\" has no value");
            var keyword = Decode(pair[..equals]);
            var value = Decode(pair[(equals + 1)..]);
            // JDBC's spelling, which libpq takes in URIs.
            if (keyword == "ssl" && value == "true")
                (keyword, value) = ("sslmode", "require");
            found[keyword] = value;
        }
        return found;
    }

    private static void ReadHost(Dictionary<string, string> found, string host)
    {
        var portAt = host.IndexOf(':', StringComparison.Ordinal);
        if (host.StartsWith('['))
        {
            var bracket = host.IndexOf(']', StringComparison.Ordinal);
            if (bracket < 0)
                throw Wrong("the bracket of its IPv6 address is not closed");
            if (bracket + 1 < host.Length && host[bracket + 1] != ':')
                throw Wrong("behind its IPv6 address stands neither \":port\" nor \"/\"");
            portAt = bracket + 1 < host.Length ? bracket + 1 : -1;
            Put(found, "host", host[1..bracket]);
        }
        else
        {
            Put(found, "host", Decode(portAt < 0 ? host : host[..portAt]));
        }
        Put(found, "port", portAt < 0 ? "" : Decode(host[(portAt + 1)..]));
    }

    private static void Put(Dictionary<string, string> found, string keyword, string value)
    {
        if (value.Length > 0)
            found[keyword] = value;
    }

    private static string Decode(string text)
    {
        if (!text.Contains('%', StringComparison.Ordinal))
            return text;
        var bytes = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                var length = char.IsHighSurrogate(text[i]) && i + 1 < text.Length ? 2 : 1;
                bytes.AddRange(Encoding.UTF8.GetBytes(text.Substring(i, length)));
                i += length - 1;
                continue;
            }
            if (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2]))
                throw Wrong("a \"%\" in it is not followed by two hexadecimal digits (a plain % is written %25)");
            var value = (byte)(Convert.FromHexString(text.AsSpan(i + 1, 2))[0]);
            if (value == 0)
                throw Wrong("it contains %00");
            bytes.Add(value);
            i += 2;
        }
        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    private static int SkipSpaces(string text, int at)
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
            at++;
        return at;
    }

    private static TwiBackupException Wrong(string what) => new(
        ExitCode.WrongUse,
        $"The connection string cannot be read: {what}. Write postgresql://user@host:port/database or host=… port=… user=….");
}
