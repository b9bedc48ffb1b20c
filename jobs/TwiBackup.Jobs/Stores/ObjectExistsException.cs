namespace TwiBackup.Stores;

/// <summary>A put that must not overwrite found its key taken.</summary>
public sealed class ObjectExistsException(string location, string key, Exception? cause = null)
    : TwiBackupException($"{location}/{key} exists already and is not overwritten.", cause)
{
    /// <summary>The key that is taken.</summary>
    public string Key { get; } = key;
}
