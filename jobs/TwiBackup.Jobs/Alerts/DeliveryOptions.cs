namespace TwiBackup.Alerts;

/// <summary>How long a message over HTTP is tried.</summary>
public sealed record DeliveryOptions
{
    /// <summary>For one attempt.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>For all attempts with the waits between them: a job's end is not held up for longer.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>From 1.</summary>
    public int Attempts { get; init; } = 4;

    /// <summary>The wait after the first failure; doubles from then.</summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromSeconds(1);
}
