namespace TwiBackup.Stores;

/// <summary>
/// The store was reached and denies this object. Where objects have owners (ACLs), one that somebody else has put may be his alone, while
/// all others can be read.
/// </summary>
public sealed class ObjectForbiddenException(string message, Exception? cause = null) : TwiBackupException(message, cause);
