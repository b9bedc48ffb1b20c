using System.Text.Json.Serialization;

namespace TwiBackup.Verification;

/// <summary>
/// What a verification found, <c>&lt;system&gt;/verification/&lt;id&gt;.json</c>, signed by the verifier (<c>.minisig</c> beside it).
/// </summary>
public sealed record VerificationRecord
{
    public const string CurrentFormat = "twibackup-verification-1";

    public required string Format { get; init; }

    public required string System { get; init; }

    /// <summary>The record's own id.</summary>
    public required string Id { get; init; }

    /// <summary>The kind of the set; <c>system</c> where the running system was looked at.</summary>
    public required string Kind { get; init; }

    /// <summary>The set; of kind <c>system</c>, which is about no set, the record's own id.</summary>
    public required string SetId { get; init; }

    /// <summary>
    /// Whether it was restored for real and every check passed. A structure check without the identity proves nothing and says false.
    /// </summary>
    public required bool Proven { get; init; }

    /// <summary>Whether a check failed.</summary>
    public required bool Failed { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required DateTimeOffset CompletedAt { get; init; }

    /// <summary>What was aimed at, in words.</summary>
    public required string Target { get; init; }

    /// <summary>The LSN that replay reached; null when nothing was started.</summary>
    public string? ReachedLsn { get; init; }

    /// <summary>Seconds from the beginning of the restore until the server accepted queries; null when nothing was restored.</summary>
    public double? RestoreSeconds { get; init; }

    public required IReadOnlyList<Check> Checks { get; init; }

    /// <summary>Checks that were not run, and why; null when all were.</summary>
    public IReadOnlyList<CheckNotRun>? NotRun { get; init; }

    /// <summary>The set as <c>list</c> and retention name it.</summary>
    [JsonIgnore]
    public string Set => $"{Kind}/{SetId}";
}
