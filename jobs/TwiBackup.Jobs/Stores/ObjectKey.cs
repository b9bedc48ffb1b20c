namespace TwiBackup.Stores;

/// <summary>
/// What a key may be, on every backend alike: 1 to 900 characters of printable ASCII, parts between <c>/</c> of 1 to 255 characters
/// that do not begin with a dot. So a key can neither leave a folder, nor meet the store's own <c>.twibackup</c>, nor exceed
/// what S3 takes (1,024 bytes with the store's prefix).
/// </summary>
internal static class ObjectKey
{
    public const int MaxLength = 900;
    public const int MaxPartLength = 255;

    public static bool IsValid(string key) => Fault(key, isPrefix: false) is null;

    /// <exception cref="TwiBackupException">The key is none.</exception>
    public static string Check(string key) =>
        Fault(key, isPrefix: false) is { } fault ? throw new TwiBackupException($"'{key}' cannot be an object's key: {fault}.") : key;

    /// <summary>A prefix is the beginning of a key, cut anywhere; the empty one matches all.</summary>
    public static string CheckPrefix(string prefix) =>
        Fault(prefix, isPrefix: true) is { } fault ? throw new TwiBackupException($"'{prefix}' begins no object's key: {fault}.") : prefix;

    private static string? Fault(string key, bool isPrefix)
    {
        if (key.Length > MaxLength)
            return $"it has {key.Length} characters, {MaxLength} are allowed";
        if (key.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            return "it holds other characters than printable ASCII";
        for (var start = 0; start <= key.Length;)
        {
            var slash = key.IndexOf('/', start);
            var end = slash < 0 ? key.Length : slash;
            if (end == start && !(isPrefix && slash < 0))
                return "a part of it is empty";
            if (end > start && key[start] == '.')
                return "a part of it begins with a dot";
            if (end - start > MaxPartLength)
                return $"a part of it has {end - start} characters, {MaxPartLength} are allowed";
            start = end + 1;
        }
        return null;
    }
}
