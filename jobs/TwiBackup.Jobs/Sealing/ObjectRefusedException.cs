namespace TwiBackup.Sealing;

/// <summary>
/// A sealed or signed object is not what it must be: foreign, changed, truncated, replayed under another name, or signed by nobody who
/// is trusted. The object is at fault, not the way to it: an older version may still be good, asking again is useless.
/// </summary>
public sealed class ObjectRefusedException(string objectName, string reason, Exception? cause = null)
    : TwiBackupException($"{objectName} {reason}", cause)
{
    /// <summary>The object that was refused.</summary>
    public string ObjectName { get; } = objectName;
}
