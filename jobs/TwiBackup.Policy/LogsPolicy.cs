namespace TwiBackup.Policy;

/// <summary>Rotated logs that are not archived yet.</summary>
public sealed record LogsPolicy
{
    public required Schedule Schedule { get; init; }

    public required TimeSpan Keep { get; init; }

    /// <summary>Absolute paths; <c>*</c> and <c>?</c> stand for parts of a file's name. At least one.</summary>
    public required IReadOnlyList<string> Paths { get; init; }
}
