using TwiBackup.Verification;

namespace TwiBackup.Status;

/// <summary>What the store tells of a system's past, beside how it stands now.</summary>
public sealed record SystemHistory
{
    /// <summary>The recoverable window, component by component.</summary>
    public required IReadOnlyList<ComponentTimeline> Timelines { get; init; }

    /// <summary>Good sets, by kind, oldest first.</summary>
    public required IReadOnlyList<SetHistory> Sets { get; init; }

    /// <summary>Signed verification records, oldest first.</summary>
    public required IReadOnlyList<VerificationRecord> Verifications { get; init; }
}
