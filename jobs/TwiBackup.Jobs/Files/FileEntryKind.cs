using System.Text.Json.Serialization;

namespace TwiBackup.Files;

/// <summary>What can be in an archive. Devices, pipes and sockets can't.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FileEntryKind>))]
public enum FileEntryKind
{
    File,
    Folder,

    /// <summary>A symbolic link.</summary>
    Link,

    /// <summary>Another name of a file that stands earlier in the archive.</summary>
    HardLink,
}
