namespace TwiBackup.Stores;

/// <summary>What S3 allows as tags of an object (Amazon S3 user guide, "Object tagging"), held on every backend alike.</summary>
internal static class ObjectTags
{
    private const int MaxTags = 10, MaxName = 128, MaxValue = 256;

    /// <exception cref="TwiBackupException">More than 10 tags, or one that is too long or has an empty name.</exception>
    public static void Check(IReadOnlyDictionary<string, string> tags)
    {
        if (tags.Count > MaxTags)
            throw new TwiBackupException($"An object can have {MaxTags} tags, not {tags.Count}.");
        foreach (var (name, value) in tags)
        {
            if (name.Length is 0 or > MaxName || value.Length > MaxValue || !IsPlain(name) || !IsPlain(value))
            {
                throw new TwiBackupException(
                    $"'{name}' with its value cannot be a tag: at most {MaxName} and {MaxValue} letters, digits, spaces and " +
                    "+ - = . _ : / @ are.");
            }
        }
    }

    private static bool IsPlain(string text)
    {
        foreach (var letter in text)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && !" +-=._:/@".Contains(letter))
                return false;
        }
        return true;
    }
}
