namespace TwiBackup.Files;

/// <summary>What tells a file from every other one of the machine, whatever its names.</summary>
internal readonly record struct FileIdentity(ulong Inode, ulong Device);
