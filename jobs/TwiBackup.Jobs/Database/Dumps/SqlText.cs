using System.Text;
using Npgsql;

namespace TwiBackup.Database.Dumps;

/// <summary>
/// Takes apart the SQL that pg_dumpall and pg_restore write for roles and databases: statements, names and strings
/// (<see href="https://www.postgresql.org/docs/current/sql-syntax-lexical.html">lexical structure</see>). It knows no dollar quotes, which
/// they write only in function bodies.
/// </summary>
internal static class SqlText
{
    /// <summary>The statements without their semicolons; comments and psql's backslash lines are left out.</summary>
    public static IEnumerable<string> Statements(string sql)
    {
        var statement = new StringBuilder();
        for (var at = 0; at < sql.Length;)
        {
            var isBetween = statement.Length == 0;
            if (sql[at] == ';')
            {
                if (!isBetween)
                    yield return statement.ToString().TrimEnd();
                statement.Clear();
                at++;
            }
            else if (string.CompareOrdinal(sql, at, "--", 0, 2) == 0 || (isBetween && sql[at] == '\\'))
            {
                at = EndOfLine(sql, at);
            }
            else if (sql[at] is '\'' or '"')
            {
                var end = EndOfQuoted(sql, at);
                statement.Append(sql, at, end - at);
                at = end;
            }
            else if (isBetween && char.IsWhiteSpace(sql[at]))
            {
                at++;
            }
            else
            {
                statement.Append(sql[at++]);
            }
        }
    }

    /// <summary>Reads the name at a place, and where it ends; null when there is none.</summary>
    public static (string Name, int End)? NameAt(string statement, int at)
    {
        if (at >= statement.Length)
            return null;
        if (statement[at] == '"')
        {
            var end = EndOfQuoted(statement, at);
            return (statement[(at + 1)..(end - 1)].Replace("\"\"", "\"", StringComparison.Ordinal), end);
        }

        var stop = at;
        while (stop < statement.Length && !char.IsWhiteSpace(statement[stop]) && statement[stop] is not (',' or ';'))
            stop++;
        return stop == at ? null : (statement[at..stop], stop);
    }

    /// <summary>The string constant at a place.</summary>
    public static string StringAt(string statement, int at)
    {
        var isEscaped = statement[at] == 'E';
        var start = at + (isEscaped ? 1 : 0);
        var inner = statement[(start + 1)..(EndOfQuoted(statement, start) - 1)].Replace("''", "'", StringComparison.Ordinal);
        return isEscaped ? inner.Replace("\\\\", "\\", StringComparison.Ordinal) : inner;
    }

    /// <summary>Where a word or phrase stands outside quotes; -1 when nowhere.</summary>
    public static int Find(string statement, string phrase)
    {
        for (var at = 0; at < statement.Length;)
        {
            if (statement[at] is '\'' or '"')
                at = EndOfQuoted(statement, at);
            else if (string.CompareOrdinal(statement, at, phrase, 0, phrase.Length) == 0)
                return at;
            else
                at++;
        }

        return -1;
    }

    /// <summary>What the server or the connection said, in one line.</summary>
    public static string Reason(NpgsqlException e) =>
        (e is PostgresException refused ? refused.MessageText + (refused.Detail is { Length: > 0 } detail ? $" ({detail.TrimEnd('.')})" : "") : (e.InnerException ?? e).Message)
        .ReplaceLineEndings(" ").TrimEnd('.');

    // In E'' a backslash takes the next character along; elsewhere it is one like others.
    private static int EndOfQuoted(string sql, int at)
    {
        var quote = sql[at];
        var hasEscapes = quote == '\'' && at > 0 && sql[at - 1] == 'E' && (at < 2 || !char.IsLetterOrDigit(sql[at - 2]));
        for (var i = at + 1; i < sql.Length; i++)
        {
            if (hasEscapes && sql[i] == '\\')
                i++;
            else if (sql[i] == quote && i + 1 < sql.Length && sql[i + 1] == quote)
                i++;
            else if (sql[i] == quote)
                return i + 1;
        }

        throw new InvalidDataException("a quote in its SQL is not closed");
    }

    private static int EndOfLine(string sql, int at)
    {
        var end = sql.IndexOf('\n', at);
        return end < 0 ? sql.Length : end + 1;
    }
}
