namespace TwiBackup.Files;

/// <summary>What a restore did.</summary>
/// <param name="Written">Paths that were made or replaced.</param>
/// <param name="Unchanged">How many entries were there already, as the backup has them.</param>
/// <param name="Aside">Where that lies now which was replaced.</param>
public sealed record FileRestoreResult(IReadOnlyList<string> Written, int Unchanged, IReadOnlyList<string> Aside);
