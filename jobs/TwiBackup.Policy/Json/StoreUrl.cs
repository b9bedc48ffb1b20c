using System.Diagnostics.CodeAnalysis;

namespace TwiBackup.Policy.Json;

/// <summary>Brings the URL of a store into one form, so that two that mean the same place are the same text.</summary>
internal static class StoreUrl
{
    private const string WhatToWrite = "write s3://bucket/prefix, file:///folder or a folder's path";
    private const string NoCredentials =
        "credentials don't belong in a store's URL; take them out and give them to the process (AWS_ACCESS_KEY_ID and "
        + "AWS_SECRET_ACCESS_KEY, or a role)";
    private static readonly string[] Options = ["region", "endpoint", "forcePathStyle"];
    private static readonly string[] SecretWords = ["key", "secret", "token", "password", "credential", "signature"];

    /// <param name="folder">Where a relative path starts.</param>
    /// <param name="problem">What is wrong and what to do; never shows the URL, which may hold a password.</param>
    public static bool TryNormalise(
        string text, string folder, [NotNullWhen(true)] out string? url, [NotNullWhen(false)] out string? problem)
    {
        (url, problem) = (null, null);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var scheme = colon > 0 && !text.AsSpan(0, colon).Contains('/') ? text[..colon].ToLowerInvariant() : "";
        if (text.Any(char.IsControl))
            problem = "there is a control character in this URL; take it out";
        else if (scheme is "" or "file")
            url = Folder(scheme.Length == 0 ? text : text[(colon + 1)..], folder, out problem);
        else if (scheme == "s3")
            url = Bucket(text[(colon + 1)..], out problem);
        else
            problem = $"this is no store that is known; {WhatToWrite}";
        return url is not null;
    }

    private static string? Folder(string path, string folder, out string? problem)
    {
        if (path.StartsWith("//", StringComparison.Ordinal))
        {
            problem = "a file: store is a folder of this machine without options; write file:///folder with three slashes";
            if (!path.StartsWith("///", StringComparison.Ordinal) || path.AsSpan().ContainsAny('?', '#'))
                return null;
            path = Uri.UnescapeDataString(path[2..]);
        }

        problem = "the root folder cannot be a store; name a folder within it";
        var full = Path.GetFullPath(path, folder).TrimEnd('/');
        return full.Length > 0 ? $"file://{Escape(full)}" : null;
    }

    private static string? Bucket(string rest, out string? problem)
    {
        problem = $"this is no S3 URL; {WhatToWrite}";
        if (!rest.StartsWith("//", StringComparison.Ordinal) || rest.Contains('#', StringComparison.Ordinal))
            return null;
        var mark = rest.IndexOf('?', StringComparison.Ordinal);
        var place = (mark < 0 ? rest[2..] : rest[2..mark]).Split('/', 2);
        var bucket = place[0].ToLowerInvariant();
        var prefix = place.Length > 1 ? Escape(Uri.UnescapeDataString(place[1]).Trim('/')) : "";
        var options = mark < 0 ? [] : rest[(mark + 1)..].Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('=', 2))
            .Select(pair => (Name: Uri.UnescapeDataString(pair[0]), Value: Uri.UnescapeDataString(pair.Length > 1 ? pair[1] : "")))
            .OrderBy(option => option.Name, StringComparer.Ordinal)
            .ToArray();
        problem = place[0].Contains('@', StringComparison.Ordinal)
            ? NoCredentials
            : options.Select(Problem).FirstOrDefault(found => found is not null);
        if (problem is null && options.DistinctBy(option => option.Name).Count() < options.Length)
            problem = "an option stands in this URL twice; take one out";
        if (problem is null && !IsBucket(bucket))
            problem = "the bucket's name must be 3 to 63 lower-case letters, digits, '-' and '.'; write s3://bucket/prefix";
        if (problem is not null)
            return null;
        var query = options.Select(option => $"{option.Name}={Escape(option.Name == "endpoint" ? Endpoint(option.Value)! : option.Value)}");
        return $"s3://{bucket}{(prefix.Length > 0 ? "/" : "")}{prefix}{(options.Length > 0 ? "?" : "")}{string.Join('&', query)}";
    }

    private static string? Problem((string Name, string Value) option) => option switch
    {
        ("region", _) or ("forcePathStyle", "true" or "false") => null,
        ("endpoint", var value) when HasUser(value) => NoCredentials,
        ("endpoint", var value) => Endpoint(value) is null ? "its endpoint is not of the form https://host:port; write it so" : null,
        ("forcePathStyle", _) => "its forcePathStyle is neither true nor false; write one of them",
        var (name, _) when SecretWords.Any(word => name.Contains(word, StringComparison.OrdinalIgnoreCase)) => NoCredentials,
        var (name, _) when Words.Nearest(name, Options) is { } near =>
            $"its option \"{Words.Shown(name)}\" is not known; did you mean \"{near}\"?",
        var (name, _) => $"its option \"{Words.Shown(name)}\" is not known; known are {string.Join(", ", Options)}",
    };

    private static bool IsBucket(string name) =>
        name.Length is >= 3 and <= 63 && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.');

    private static bool HasUser(string value) => Uri.TryCreate(value, UriKind.Absolute, out var uri) && uri.UserInfo.Length > 0;

    private static string? Endpoint(string value) =>
        Uri.TryCreate(value, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.PathAndQuery == "/"
            ? uri.GetLeftPart(UriPartial.Authority)
            : null;

    // What would end the part that it stands in; all else reads better as it is.
    private static string Escape(string text) => text
        .Replace("%", "%25", StringComparison.Ordinal).Replace("?", "%3F", StringComparison.Ordinal)
        .Replace("#", "%23", StringComparison.Ordinal).Replace("&", "%26", StringComparison.Ordinal);
}
