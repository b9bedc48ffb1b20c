namespace TwiBackup.Policy.SystemChecks;

/// <summary>What must not stand in the application's log.</summary>
public sealed record LogProbePolicy
{
    /// <summary>How far back lines count when the policy does not say.</summary>
    public static readonly TimeSpan DefaultWithin = TimeSpan.FromDays(1);

    /// <summary>Absolute paths; <c>*</c> and <c>?</c> stand for parts of a name. At least one.</summary>
    public required IReadOnlyList<string> Paths { get; init; }

    /// <summary>Texts that no line may hold.</summary>
    public IReadOnlyList<string> Never { get; init; } = [];

    /// <summary>
    /// Lines that are older are left aside: by the UTC time that a line begins with. A line without one is as old as the one before.
    /// </summary>
    public TimeSpan Within { get; init; } = DefaultWithin;

    /// <summary>The account that must be able to write into the folders of the paths: a name or a number. Null: not looked at.</summary>
    public string? WritableBy { get; init; }
}
