using System.Globalization;
using System.Text;

namespace TwiBackup.Postgres;

/// <summary>
/// A libpq password file (<see href="https://www.postgresql.org/docs/current/libpq-pgpass.html">34.16</see>):
/// lines <c>host:port:database:user:password</c>, <c>*</c> for any, backslash before colon and backslash.
/// </summary>
internal static class PasswordFile
{
    private const UnixFileMode _others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>The password of the first line that fits; null when none does or there is no such file. Throws where libpq would warn and
    /// go on without.</summary>
    public static string? Find(string path, string host, int port, string database, string user)
    {
        if (!File.Exists(path))
            return null;
        if ((File.GetUnixFileMode(path) & _others) != 0)
            throw new TwiBackupException(ExitCode.WrongUse, $"The password file {path} may be read by others, so it is not used. Run: "
                + $"chmod 0600 {path}");
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TwiBackupException(ExitCode.WrongUse, $"The password file {path} cannot be read. Make it readable for this user.", e);
        }

        var hostKey = host is "/var/run/postgresql" or "/tmp" ? "localhost" : host;
        foreach (var line in lines)
        {
            if (line.StartsWith('#'))
                continue;
            var fields = Split(line);
            if (fields.Count == 5 && (Fits(fields[0], host) || Fits(fields[0], hostKey))
                && Fits(fields[1], port.ToString(CultureInfo.InvariantCulture)) && Fits(fields[2], database) && Fits(fields[3], user))
                return Unescape(fields[4]);
        }
        return null;
    }

    /// <summary>A line that gives <paramref name="password"/> to every connection of <paramref name="user"/>.</summary>
    public static string LineFor(string user, string password) =>
        $"*:*:*:{user.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(":", "\\:", StringComparison.Ordinal)}:"
        + $"{password.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(":", "\\:", StringComparison.Ordinal)}\n";

    private static bool Fits(string field, string value) => field == "*" || Unescape(field) == value;

    // The fifth field reaches to the end of the line, colons and all.
    private static List<string> Split(string line)
    {
        var fields = new List<string>(5);
        var start = 0;
        for (var i = 0; i < line.Length && fields.Count < 4; i++)
        {
            if (line[i] == '\\')
            {
                i++;
            }
            else if (line[i] == ':')
            {
                fields.Add(line[start..i]);
                start = i + 1;
            }
        }
        fields.Add(line[start..]);
        return fields;
    }

    private static string Unescape(string field)
    {
        if (!field.Contains('\\', StringComparison.Ordinal))
            return field;
        var plain = new StringBuilder(field.Length);
        for (var i = 0; i < field.Length; i++)
        {
            if (field[i] == '\\' && i + 1 < field.Length)
                i++;
            plain.Append(field[i]);
        }
        return plain.ToString();
    }
}
