namespace TwiBackup.Policy;

/// <summary>Rehearsing the disaster.</summary>
public sealed record RehearsalPolicy
{
    /// <summary>How long records are kept when the policy does not say.</summary>
    public static readonly TimeSpan DefaultKeep = TimeSpan.FromDays(3 * 365);

    public required Schedule Schedule { get; init; }

    /// <summary>How long the records are kept.</summary>
    public TimeSpan Keep { get; init; } = DefaultKeep;
}
