using System.Text.Json.Serialization;

namespace TwiBackup.Verification;

/// <summary>The verification of one set among all.</summary>
public sealed record KindResult
{
    /// <summary>The kind's word.</summary>
    public required string Kind { get; init; }

    public required KindOutcome Outcome { get; init; }

    /// <summary>One line: what was found, or why nothing was.</summary>
    public required string Detail { get; init; }

    /// <summary>Null: it did not come to one.</summary>
    public VerificationRecord? Record { get; init; }

    /// <summary>Whether it is as good as what was asked for can be.</summary>
    [JsonIgnore]
    public bool Passed => Outcome is KindOutcome.Proven or KindOutcome.NotProven or KindOutcome.Nothing;
}
