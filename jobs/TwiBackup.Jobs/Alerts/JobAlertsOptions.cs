namespace TwiBackup.Alerts;

/// <summary>What every alert of a system says.</summary>
public sealed record JobAlertsOptions
{
    public required string System { get; init; }

    public string Host { get; init; } = Environment.MachineName;

    /// <summary>The report's URL.</summary>
    public string? Report { get; init; }

    /// <summary>How long the same failure is not told again.</summary>
    public required TimeSpan Repeat { get; init; }
}
