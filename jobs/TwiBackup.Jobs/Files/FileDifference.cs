namespace TwiBackup.Files;

/// <summary>How one place differs from the backup.</summary>
/// <param name="Path">Absolute path in the place compared with.</param>
/// <param name="Kind">In what they differ.</param>
/// <param name="Detail">The difference, never content: modes, owners, link targets, or keyed hashes.</param>
public sealed record FileDifference(string Path, FileDifferenceKind Kind, string Detail);
