using TwiBackup.Postgres;

namespace TwiBackup.Wal;

/// <summary>The answer of <see cref="WalChain.Prove"/>.</summary>
/// <param name="Whole">Whether every byte asked for is in the store.</param>
/// <param name="Reached">The end of what is there without a hole, at most what was asked for.</param>
/// <param name="Missing">The first missing segment's name, or null.</param>
/// <param name="Message">One line: what is missing, or that nothing is.</param>
public sealed record WalProof(bool Whole, Lsn Reached, string? Missing, string Message);
