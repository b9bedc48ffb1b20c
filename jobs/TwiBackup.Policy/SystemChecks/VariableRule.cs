namespace TwiBackup.Policy.SystemChecks;

/// <summary>What a variable may hold.</summary>
/// <param name="Name">The variable.</param>
/// <param name="OneOf">Its only values; empty: any.</param>
/// <param name="NoneOf">Values that it must not have.</param>
public sealed record VariableRule(string Name, IReadOnlyList<string> OneOf, IReadOnlyList<string> NoneOf);
