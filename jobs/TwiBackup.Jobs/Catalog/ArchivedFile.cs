namespace TwiBackup.Catalog;

/// <summary>A file of a configuration or log set, as its manifest lists it: names and keyed hashes, never content.</summary>
/// <param name="Name">Absolute path on the machine it came from.</param>
/// <param name="Hash">
/// Keyed hash (HMAC-SHA256, see <see cref="Sealing.SigningKey.NameHash"/>) of its content, 64 lower-case hexadecimal digits. Of a
/// compressed log it is the hash of what it inflates to, so that compressing changes nothing. Null for what has no content.
/// </param>
/// <param name="Mode">Permission bits in octal, e.g. <c>0600</c>.</param>
/// <param name="Owner"><c>uid:gid</c>.</param>
public sealed record ArchivedFile(string Name, string? Hash, string Mode, string Owner);
