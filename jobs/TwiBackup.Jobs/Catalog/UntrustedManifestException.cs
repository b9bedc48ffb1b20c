namespace TwiBackup.Catalog;

/// <summary>A manifest is there but is not to be believed: unsigned, signed by nobody trusted, changed, or out of place.</summary>
public sealed class UntrustedManifestException(string message, Exception? cause = null) : TwiBackupException(message, cause);
