namespace TwiBackup.Verification;

/// <summary>How all kinds are verified.</summary>
public sealed record AllVerifyOptions
{
    /// <summary>Without the identity: signatures and checksums only, which proves nothing.</summary>
    public bool Structure { get; init; }

    /// <summary>One older set more of each kind, picked at random.</summary>
    public bool Random { get; init; }

    /// <summary>Seed of the random choice, so that a failure can be repeated.</summary>
    public int Seed { get; init; }
}
