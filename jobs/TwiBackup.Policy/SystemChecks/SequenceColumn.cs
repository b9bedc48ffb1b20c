namespace TwiBackup.Policy.SystemChecks;

/// <summary>A sequence and the column that takes its values, all written as in SQL.</summary>
/// <param name="Name">With its schema.</param>
/// <param name="Table">With its schema.</param>
/// <param name="Column">The column.</param>
public sealed record SequenceColumn(string Name, string Table, string Column);
