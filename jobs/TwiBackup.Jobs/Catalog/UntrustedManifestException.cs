using TwiBackup.Stores;

namespace TwiBackup.Catalog;

/// <summary>A manifest is there but is not to be believed: unsigned, signed by nobody trusted, changed, or out of place.</summary>
public sealed class UntrustedManifestException(string message, Exception? cause = null) : TwiBackupException(message, cause)
{
    /// <summary>The store denies reading it. One such set is somebody else's; when all are, the permission is missing.</summary>
    public bool IsDenied => InnerException is ObjectForbiddenException;
}
