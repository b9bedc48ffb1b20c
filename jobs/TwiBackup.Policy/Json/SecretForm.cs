using System.Text.RegularExpressions;

namespace TwiBackup.Policy.Json;

/// <summary>Finds passwords in texts that may stand in the policy only without one.</summary>
internal static partial class SecretForm
{
    /// <summary>
    /// Whether the text is a libpq URI or keywords
    /// (<see href="https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING">connection strings</see>).
    /// </summary>
    public static bool IsConnection(string text) => IsConnectionUri(text) || text.Contains('=', StringComparison.Ordinal);

    /// <summary>Whether a libpq URI or keywords hold a password, of the user or of a key file.</summary>
    public static bool HasPassword(string connection)
    {
        if (!IsConnectionUri(connection))
            return PasswordKeyword().IsMatch(connection);
        // libpq takes for the user's name and password what stands before an @ before the first slash. A password with a slash in it
        // is no password to libpq, but would stand in the file all the same.
        var rest = connection[(connection.IndexOf("://", StringComparison.Ordinal) + 3)..];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var hosts = slash < 0 ? rest : rest[..slash];
        var place = hosts.Contains('@', StringComparison.Ordinal) ? hosts : $"{hosts}{(slash < 0 ? "" : rest[slash..].Split('?')[0])}";
        return place[..Math.Max(0, place.LastIndexOf('@'))].Contains(':', StringComparison.Ordinal)
            || PasswordParameter().IsMatch(Uri.UnescapeDataString(rest));
    }

    /// <summary>Whether git's URL holds a password or token, or a user name where that may be one.</summary>
    public static bool HasCredentials(string source) =>
        Uri.TryCreate(source, UriKind.Absolute, out var uri)
        && uri.UserInfo.Length > 0
        && (uri.Scheme is "http" or "https" || uri.UserInfo.Contains(':', StringComparison.Ordinal));

    private static bool IsConnectionUri(string text) =>
        text.StartsWith("postgresql://", StringComparison.Ordinal) || text.StartsWith("postgres://", StringComparison.Ordinal);

    [GeneratedRegex(@"(^|\s)(ssl)?password\s*=", RegexOptions.IgnoreCase)]
    private static partial Regex PasswordKeyword();

    [GeneratedRegex(@"[?&](ssl)?password=", RegexOptions.IgnoreCase)]
    private static partial Regex PasswordParameter();
}
