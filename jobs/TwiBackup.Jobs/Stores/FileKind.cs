namespace TwiBackup.Stores;

internal enum FileKind
{
    File,
    Folder,

    /// <summary>A link, a socket, a device: never an object.</summary>
    Other,
}
