namespace TwiBackup.Alerts;

/// <summary>What one message tells a person. Holds no secret.</summary>
public sealed record Alert
{
    public required AlertLevel Level { get; init; }

    /// <summary>The policy's system.</summary>
    public required string System { get; init; }

    /// <summary>The job as it is typed, e.g. <c>backup database</c>.</summary>
    public required string Job { get; init; }

    /// <summary>One line: what happened, on what.</summary>
    public required string Message { get; init; }

    /// <summary>What to do next; null: nothing.</summary>
    public string? Advice { get; init; }

    /// <summary>Where it happened.</summary>
    public required string Host { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>When it happened last.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>How often since then, this time included; from 1.</summary>
    public int Count { get; init; } = 1;

    /// <summary>How long the job ran the last time; null: it is no job that ends.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>The report's URL.</summary>
    public string? Report { get; init; }

    /// <summary>The first line: what, on which system.</summary>
    public string Title => Level switch
    {
        AlertLevel.Failure => $"{System}: {Job} failed",
        AlertLevel.Recovered => $"{System}: {Job} works again",
        _ => $"{System}: {Job}",
    };
}
