using TwiBackup.Catalog;

namespace TwiBackup.Database;

/// <summary>A table that is brought from one database into another.</summary>
/// <param name="Table">Schema and name, quoted where needed.</param>
public sealed record TableCopy(string Table)
{
    /// <summary>What it must hold when it has arrived, else nothing is changed; null: whatever came.</summary>
    public TableDigest? Expected { get; init; }

    /// <summary>The schema, made when absent, in which what has its name is kept; null: nothing may have its name.</summary>
    public string? AsideSchema { get; init; }
}
