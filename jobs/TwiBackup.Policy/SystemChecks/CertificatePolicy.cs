namespace TwiBackup.Policy.SystemChecks;

/// <summary>A certificate that the application uses, in PEM.</summary>
public sealed record CertificatePolicy
{
    /// <summary>How long a certificate must still be valid when the policy does not say.</summary>
    public static readonly TimeSpan DefaultValidFor = TimeSpan.FromDays(30);

    /// <summary>The file, absolute; the certificates behind the first are those of its issuers.</summary>
    public required string File { get; init; }

    /// <summary>The file of its key, absolute, which must be of mode 0600 or less. Null: not looked at.</summary>
    public string? Key { get; init; }

    /// <summary>The file of the authorities that it must come from, absolute. Null: not looked at.</summary>
    public string? Authority { get; init; }

    /// <summary>How long it must still be valid.</summary>
    public TimeSpan ValidFor { get; init; } = DefaultValidFor;

    /// <summary>Whether it must be there; if not, its absence is said and no failure.</summary>
    public bool Required { get; init; } = true;
}
