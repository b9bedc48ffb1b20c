using TwiBackup.Catalog;

namespace TwiBackup.Verification;

/// <summary>How the sets of a kind are verified.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Verify">
/// Restores a set into a scratch place and returns the record, which is not yet stored; null: the newest. Null itself: this program can't,
/// which is said and never passes.
/// </param>
public sealed record KindVerifier(SetKind Kind, Func<string?, CancellationToken, Task<VerificationRecord>>? Verify);
