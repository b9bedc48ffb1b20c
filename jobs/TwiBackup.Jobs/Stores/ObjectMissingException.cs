namespace TwiBackup.Stores;

/// <summary>The store was reached and holds no such object.</summary>
public sealed class ObjectMissingException(string location, string key, Exception? cause = null)
    : TwiBackupException($"{location}/{key} does not exist. See what there is with: twibackup list", cause)
{
    /// <summary>The key that was asked for.</summary>
    public string Key { get; } = key;
}
