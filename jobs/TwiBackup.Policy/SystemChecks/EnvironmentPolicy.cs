namespace TwiBackup.Policy.SystemChecks;

/// <summary>
/// The application's <c>.env</c>. Only names of variables stand here; their values are never shown. Its mode must be 0600 or less.
/// </summary>
public sealed record EnvironmentPolicy
{
    /// <summary>Absolute.</summary>
    public required string File { get; init; }

    /// <summary>Whose it must be: a name or a number. Null: anybody's.</summary>
    public string? Owner { get; init; }

    /// <summary>Variables that must not be empty; of alternatives, <c>A|B</c>, one.</summary>
    public IReadOnlyList<string> Required { get; init; } = [];

    /// <summary>Variables that are all there or none of them.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Groups { get; init; } = [];

    /// <summary>What variables may hold, when they are there.</summary>
    public IReadOnlyList<VariableRule> Values { get; init; } = [];

    /// <summary>Variables that are JSON, when they are there.</summary>
    public IReadOnlyList<string> Json { get; init; } = [];

    /// <summary>Variables that are URLs of Discord webhooks, when they are there: each is asked whether it still exists.</summary>
    public IReadOnlyList<string> Webhooks { get; init; } = [];
}
