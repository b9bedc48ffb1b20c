namespace TwiBackup.Catalog;

/// <summary>Where things lie in the store.</summary>
public static class CatalogKeys
{
    public const string ManifestName = "manifest.json";

    public const string SignatureName = "manifest.json.minisig";

    /// <summary>The prefix of one set, with trailing slash.</summary>
    public static string SetPrefix(string system, SetKind kind, string id) => $"{system}/{kind.Folder()}{id}/";

    /// <summary>The prefix of a system's verification records.</summary>
    public static string Verifications(string system) => $"{system}/verification/";

    /// <summary>The prefix of a system's rehearsal reports.</summary>
    public static string Rehearsals(string system) => $"{system}/rehearsal/";

    /// <summary>Takes a set's object key apart; false when <paramref name="key"/> is not below a set of this kind.</summary>
    public static bool TryParse(string system, SetKind kind, string key, out string id, out string name)
    {
        id = name = "";
        var folder = $"{system}/{kind.Folder()}";
        if (!key.StartsWith(folder, StringComparison.Ordinal))
            return false;
        var slash = key.IndexOf('/', folder.Length);
        if (slash < 0 || !SetId.TryParse(key[folder.Length..slash], out _))
            return false;
        id = key[folder.Length..slash];
        name = key[(slash + 1)..];
        return name.Length > 0;
    }
}
