namespace TwiBackup.Policy;

/// <summary>Who hears of failures.</summary>
public sealed record AlertsPolicy
{
    /// <summary>A Discord webhook's URL.</summary>
    public SecretReference? Discord { get; init; }

    /// <summary>A dead man's switch: a URL that is asked after every success.</summary>
    public SecretReference? Ping { get; init; }

    /// <summary>How long the same failure of a job is not told again, when the policy does not say.</summary>
    public static readonly TimeSpan DefaultRepeat = TimeSpan.FromHours(6);

    /// <summary>How long the same failure of a job is not told again; 1 min to 30 d.</summary>
    public TimeSpan Repeat { get; init; } = DefaultRepeat;

    /// <summary>Where a person finds the report, for a link in the alert: an http or https URL without credentials. Null: no link.</summary>
    public string? Report { get; init; }
}
