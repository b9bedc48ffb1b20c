namespace TwiBackup.Infra.Policies;

/// <summary>A condition of a statement, e.g. <c>StringEquals aws:SourceAccount 123456789012</c>; several in one statement all have to
/// hold.</summary>
public sealed record Condition(string Test, string Key, params IReadOnlyList<string> Values);
