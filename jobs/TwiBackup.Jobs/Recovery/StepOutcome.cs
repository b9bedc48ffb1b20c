namespace TwiBackup.Recovery;

/// <summary>What a step did.</summary>
/// <param name="Text">One line.</param>
internal sealed record StepOutcome(string Text)
{
    /// <summary>What later steps and the incident document must know.</summary>
    public IReadOnlyDictionary<string, string>? Facts { get; init; }

    /// <summary>More lines for people.</summary>
    public IReadOnlyList<string>? Lines { get; init; }
}
