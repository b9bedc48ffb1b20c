namespace TwiBackup.Stores;

/// <summary>What lies at a path: its kind, length in bytes, time of the last write, and what tells it from every other file.</summary>
internal readonly record struct FileStatus(FileKind Kind, long Length, DateTimeOffset Modified, (ulong Inode, ulong Device) Identity);
