using TwiBackup.Policy.SystemChecks;

namespace TwiBackup.Policy;

/// <summary>Restoring backups to a scratch place to see that they can be.</summary>
public sealed record VerificationPolicy
{
    /// <summary>How long records are kept when the policy does not say.</summary>
    public static readonly TimeSpan DefaultKeep = TimeSpan.FromDays(365);

    public required Schedule Schedule { get; init; }

    /// <summary>How many older sets of each kind, picked at random, are verified beside the newest; 0 to 10.</summary>
    public int Random { get; init; }

    /// <summary>How long the records are kept.</summary>
    public TimeSpan Keep { get; init; } = DefaultKeep;

    /// <summary>What is asked of the system that runs now. Null: nothing.</summary>
    public SystemPolicy? System { get; init; }
}
