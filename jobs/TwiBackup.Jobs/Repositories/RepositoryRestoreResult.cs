using TwiBackup.Catalog;

namespace TwiBackup.Repositories;

/// <summary>What a restore did.</summary>
/// <param name="Set">Where it came from.</param>
/// <param name="Aside">Where that lies now which was in the folder; null: nothing was.</param>
/// <param name="NotInRepository">What lay at the top of the replaced folder and is in no commit restored: it is kept aside only.</param>
/// <param name="Proofs">What was checked before the folder took its place.</param>
public sealed record RepositoryRestoreResult(
    BackupSet Set, string? Aside, IReadOnlyList<string> NotInRepository, IReadOnlyList<string> Proofs);
