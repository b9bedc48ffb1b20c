using TwiBackup.Policy;

namespace TwiBackup.Files;

/// <summary>How a configuration backup is taken.</summary>
public sealed record ConfigurationBackupOptions
{
    /// <summary>Absolute paths and patterns (<c>*</c>, <c>?</c>, <c>**</c>).</summary>
    public required IReadOnlyList<ConfigurationPath> Paths { get; init; }

    /// <summary>How long a set is promised to be kept.</summary>
    public required TimeSpan Keep { get; init; }

    /// <summary>Recorded: <c>manual</c>, <c>schedule</c>, <c>deploy</c>, <c>change</c>.</summary>
    public string Reason { get; init; } = "manual";

    /// <summary>Take a set though nothing changed.</summary>
    public bool Always { get; init; }
}
