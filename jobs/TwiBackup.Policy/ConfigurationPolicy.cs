namespace TwiBackup.Policy;

/// <summary>Configuration files, with modes and owners.</summary>
public sealed record ConfigurationPolicy
{
    /// <summary>A cron expression, or on change.</summary>
    public required Schedule Schedule { get; init; }

    public required TimeSpan Keep { get; init; }

    /// <summary>At least one.</summary>
    public required IReadOnlyList<ConfigurationPath> Paths { get; init; }
}
