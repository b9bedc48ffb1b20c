namespace TwiBackup.Database;

/// <summary>What a table holds, held against what it must hold.</summary>
/// <param name="Table">Schema and name, quoted where needed.</param>
/// <param name="Passed">Whether the rows are the same.</param>
/// <param name="Detail">What was found, with numbers.</param>
public sealed record TableComparison(string Table, bool Passed, string Detail)
{
    /// <summary>As a check is called: <c>rows of public.messages</c>.</summary>
    public string Name => $"rows of {Table}";
}
