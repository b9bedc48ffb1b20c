namespace TwiBackup.Stores;

/// <summary>Bytes <c>[Offset, Offset + Length)</c> of an object; to its end when <see cref="Length"/> is null.</summary>
public readonly record struct ReadRange(long Offset, long? Length = null);
