namespace TwiBackup.Files;

/// <summary>What <c>statx(2)</c> says of a path or an open file.</summary>
internal readonly record struct FileFacts(
    FileEntryKind? Kind, int Mode, uint UserId, uint GroupId, uint Names, long Length,
    DateTimeOffset Modified, DateTimeOffset Changed, FileIdentity Identity);
